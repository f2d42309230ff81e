import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

// Serialized: each test starts programs that take a core for a second, and other tests have clocks.
@Suite(
    "Retries, logins, limits, hooks and commands of the real Claude Code", .serialized,
    .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
struct ClaudeTroubleTests {
    /// A device whose Claude Code is signed in with a subscription instead of a key.
    private func subscriber(_ more: [String: String] = [:]) async throws -> ClaudeDevice {
        try await ClaudeDevice.start {
            $0.environment["ANTHROPIC_API_KEY"] = nil
            $0.environment["CLAUDE_CODE_OAUTH_TOKEN"] = "sk-ant-oat01-x"
            for (name, value) in more { $0.environment[name] = value }
        }
    }

    /// A device whose user has a hook.
    private func device(hook event: String, _ command: String) async throws -> ClaudeDevice {
        try await ClaudeDevice.start { configuration in
            guard let folder = configuration.environment["CLAUDE_CONFIG_DIR"] else { return }
            let settings: JSONValue = .object([
                "hooks": .object([event: [["hooks": [["type": "command", "command": .string(command)]]]]])
            ])
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            _ = FileManager.default.createFile(atPath: "\(folder)/settings.json", contents: Data(settings.bytes))
        }
    }

    /// The payloads of a task's events.
    private func payloads(_ device: ClaudeDevice, _ task: TaskID, _ kind: EventKind) throws -> [JSONValue] {
        try device.device.gateway.connections.flatMap { try device.device.events(task, on: $0) }
            .filter { $0.kind == kind }
            .compactMap { try? JSONDecoder().decode(JSONValue.self, from: Data($0.payload)) }
    }

    private func texts(_ device: ClaudeDevice, _ task: TaskID) throws -> [String: String] {
        try payloads(device, task, .agentMessageChunk).reduce(into: [:]) { texts, chunk in
            texts[chunk["_meta"]?["messageId"]?.string ?? "", default: ""] += chunk["content"]?["text"]?.string ?? ""
        }
    }

    @Test("Retries are shown while they happen, and the task goes on")
    func showsRetries() async throws {
        let device = try await ClaudeDevice.start()
        device.model.answer(.failure(529), .failure(500), .text("fine"))
        let task = try device.turn("hello")
        #expect(try await device.device.verdict(task).state == .completed)
        let retries = try payloads(device, task, .log).compactMap { $0["_meta"]?["retry"] }
        #expect(retries.map { $0["status"] } == [529, 500])
        #expect(retries.map { $0["attempt"] } == [1, 2])
        #expect(try texts(device, task).values.sorted() == ["fine"])
        await device.stop()
    }

    @Test("A retry is shown before it is made")
    func showsRetryAtOnce() async throws {
        let device = try await ClaudeDevice.start()
        let gate = Gate()
        device.model.answer(.failure(500), .text(.gate(gate), "late"))
        let task = try device.turn("hello")
        try await eventually("a retry") {
            try payloads(device, task, .log).contains { $0["_meta"]?["retry"]?["status"] == 500 }
        }
        gate.open()
        #expect(try await device.device.verdict(task).state == .completed)
        await device.stop()
    }

    @Test("A key that is not accepted ends the task with what to do", arguments: [401, 403])
    func endsAtRefusedKey(status: Int) async throws {
        let device = try await ClaudeDevice.start()
        device.model.always(.failure(status, "invalid x-api-key"))
        let task = try device.turn("hello")
        let verdict = try await device.device.verdict(task)
        #expect(verdict.state == .failed)
        #expect(verdict.error?.code == .agentLogin)
        #expect(verdict.error?.message.contains("ANTHROPIC_API_KEY") == true)
        #expect(verdict.error?.message.contains("claude /login") == true)
        #expect(device.model.requests.count <= 2)
        await device.stop()
    }

    @Test("An expired login of a subscription ends the task with what to do")
    func endsAtExpiredLogin() async throws {
        let device = try await subscriber()
        device.model.always(.failure(401, "OAuth token has expired"))
        let verdict = try await device.device.verdict(try device.turn("hello"))
        #expect(verdict.error?.code == .agentLogin)
        #expect(verdict.error?.message.contains("claude /login") == true)
        await device.stop()
    }

    @Test("A usage limit ends the task with its reset")
    func endsAtLimit() async throws {
        let device = try await subscriber()
        let reset = Int(Date().timeIntervalSince1970) + 7200
        device.model.always(.usageLimit(until: reset))
        let verdict = try await device.device.verdict(try device.turn("hello"))
        #expect(verdict.error?.code == .usageLimit)
        let moment = try #require(ClaudeLimit.moment(Double(reset)))
        #expect(verdict.error?.message.contains(moment.description) == true)
        await device.stop()
    }

    @Test("A usage limit that Claude Code would wait for gives the slot back at once")
    func endsWaitedLimit() async throws {
        let device = try await subscriber(["CLAUDE_CODE_RETRY_WATCHDOG": "1"])
        device.model.always(.usageLimit(until: Int(Date().timeIntervalSince1970) + 7200))
        let verdict = try await device.device.verdict(try device.turn("hello"))
        #expect(verdict.state == .failed)
        #expect(verdict.error?.code == .usageLimit)
        #expect(device.model.requests.count == 1)
        await device.stop()
    }

    @Test(
        "A prompt that a hook refuses fails with the hook's reason, and the next one may pass",
        arguments: [
            "echo 'no secrets please' >&2; exit 2", #"echo '{"decision":"block","reason":"no secrets please"}'"#,
        ])
    func endsAtRefusedPrompt(reply: String) async throws {
        let device = try await device(hook: "UserPromptSubmit", "grep -q secret && { \(reply); } ; exit $?")
        device.model.answer(.text("fine"))
        let task = try device.turn("tell me the secret")
        let verdict = try await device.device.verdict(task)
        #expect(verdict.state == .failed)
        #expect(verdict.error?.code == .promptRefused)
        #expect(verdict.error?.message.contains("no secrets please") == true)
        #expect(device.model.requests.isEmpty)
        await device.stop()
    }

    @Test("A text that is cut off is superseded by the one that is asked for again")
    func supersedesCutText() async throws {
        let device = try await ClaudeDevice.start()
        let shown = Gate()
        device.model.answer(.text("alpha ", "beta ", .gate(shown), .cut), .text("alpha ", "beta ", "gamma"))
        let task = try device.turn("hello")
        try await eventually("the first text") { try self.texts(device, task).values.contains("alpha beta ") }
        shown.open()
        #expect(try await device.device.verdict(task).state == .completed)
        let texts = try texts(device, task)
        #expect(texts.values.sorted() == ["alpha beta ", "alpha beta gamma"])
        let superseded = try payloads(device, task, .log).flatMap { $0["_meta"]?["superseded"]?.array ?? [] }
        #expect(superseded.compactMap(\.string).map { texts[$0] } == ["alpha beta "])
        await device.stop()
    }

    @Test("A tool call that is cut off is failed and never runs")
    func failsCutCall() async throws {
        let device = try await ClaudeDevice.start()
        let shown = Gate()
        device.model.answer(
            .blocks(.text(["let me"]), .cutTool(name: "Bash", input: #"{"command":"touch ma"#, after: shown)),
            .text("never mind"))
        let task = try device.turn("hello", mode: .acceptEdits)
        try await eventually("the call") { try !payloads(device, task, .toolCall).isEmpty }
        shown.open()
        #expect(try await device.device.verdict(task).state == .completed)
        let updates = try payloads(device, task, .toolCallUpdate)
        #expect(updates.map { $0["status"] } == ["failed"])
        #expect(try texts(device, task).values.sorted() == ["let me", "never mind"])
        await device.stop()
    }

    @Test("Two texts of one message, and two messages without a tool between, have different ids")
    func separatesTexts() async throws {
        let device = try await device(
            hook: "Stop", "test -f ../stopped || { touch ../stopped; echo go on >&2; exit 2; }")
        device.model.answer(
            .blocks(.text(["All tests pass."]), .text(["Wait, one is missing."])), .text("Now there is."))
        let task = try device.turn("hello")
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(
            try texts(device, task).values.sorted() == ["All tests pass.", "Now there is.", "Wait, one is missing."])
        #expect(try device.logs(task).contains { $0.contains("go on") })
        await device.stop()
    }

    @Test("A compaction and the output of a local command are visible")
    func showsCommands() async throws {
        let device = try await ClaudeDevice.start()
        device.model.always(.text("fine"))
        let first = try device.turn("hello")
        _ = try await device.device.verdict(first)
        let compact = try device.turn("/compact", follows: first)
        #expect(try await device.device.verdict(compact).state == .completed)
        #expect(try device.logs(compact).contains { $0.hasPrefix("Claude Code replaced the conversation") })
        let model = try device.turn("/model", follows: compact)
        #expect(try await device.device.verdict(model).state == .completed)
        #expect(try texts(device, model).values.contains { $0.contains("Current model") })
        let clear = try device.turn("/clear", follows: model)
        #expect(try await device.device.verdict(clear).state == .completed)
        #expect(try device.logs(clear).contains { $0.hasPrefix("Claude Code cleared the conversation") })
        await device.stop()
    }
}
