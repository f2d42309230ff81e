import Foundation
import ScriptedModel
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// What the real Claude Code says of itself, and ends that it does not bring about, over all services.
    @Suite("Troubles", .serialized, .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
    struct TroubleTests {
        private func with(
            settings: String? = nil, _ change: (inout Cluster.Options) -> Void = { _ in },
            _ body: (Cluster, ScriptedModel) async throws -> Void
        ) async throws {
            let model = try await ScriptedModel.start()
            var options = Cluster.Options()
            options.model = model
            options.executor = nil
            options.flags = ["executor": ["--permission-mode", "bypass", "--allow-bypass"]]
            change(&options)
            try await Cluster.with(options) { cluster in
                if let settings {
                    let folder = cluster.directory.file("home/.claude")
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    try settings.write(toFile: "\(folder)/settings.json", atomically: true, encoding: .utf8)
                }
                try await cluster.startExecutor([])
                try await body(cluster, model)
            }
            await model.stop()
        }

        /// A subscription instead of a key.
        private static func subscriber(_ options: inout Cluster.Options) {
            options.environment["ANTHROPIC_API_KEY"] = ""
            options.environment["CLAUDE_CODE_OAUTH_TOKEN"] = "sk-ant-oat01-x"
        }

        /// A lost device's tasks fail after 2 s.
        private static func impatient(_ options: inout Cluster.Options) { options.grace = 2 }

        @Test("A prompt that a hook refuses fails with the hook's reason")
        func refusedPrompt() async throws {
            let hook = #"grep -q secret && { echo 'no secrets please' >&2; exit 2; }; exit 0"#
            let settings =
                #"{"hooks":{"UserPromptSubmit":[{"hooks":[{"type":"command","command":\#(JSON.quoted(hook))}]}]}}"#
            try await with(settings: settings) { cluster, model in
                model.answer(.text("fine"), to: "something else")
                let refused = try await cluster.run("tell me the secret")
                #expect(refused.state == "failed")
                #expect(refused.task["error"]["code"].string == "prompt_refused", "\(refused.task)")
                #expect(refused.task["error"]["message"].string?.contains("no secrets please") == true)
                let next = try await cluster.run("something else", conversation: refused.task["conversation_id"].string)
                #expect(next.state == "completed" && next.text == "fine", "\(next.task)")
            }
        }

        @Test("A key that is never accepted ends the task at once with what to do; others go on afterwards")
        func refusedKey() async throws {
            try await with { cluster, model in
                model.react { $0.prompt.contains("hello") ? .failure(401, "invalid x-api-key") : nil }
                model.answer(.text("well again"), to: "go on")
                let ended = try await cluster.run("hello")
                #expect(ended.state == "failed")
                #expect(ended.task["error"]["code"].string == "agent_login", "\(ended.task)")
                #expect(ended.task["error"]["message"].string?.contains("claude /login") == true)
                #expect(model.requests.count <= 3)
                model.react { _ in nil }
                #expect(try await cluster.run("go on").text == "well again")
            }
        }

        @Test("After a usage limit the same session goes on at its reset, through a kill of the executor")
        func usageLimit() async throws {
            try await with(settings: nil, Self.subscriber) { cluster, model in
                let reset = Int(Date().timeIntervalSince1970) + 40
                model.answer(
                    .tool("Bash", input: #"{"command":"echo half"}"#), .usageLimit(until: reset), to: "long work")
                model.answer(.text("the other half"), to: "has been reset")
                let task = try await cluster.api.submit(
                    "long work", agent: nil, target: "executor", choosing: #""on_limit":"wait""#)
                let id = try #require(task["id"].string)
                let viewer = cluster.api.watch(id)
                try await viewer.event("it waits for the limit") { $0.data["waiting_for"].string == "limit" }
                let waiting = try await cluster.api.task(id)
                #expect(waiting["state"].string == "queued" && waiting["waiting"]["until"].string != nil, "\(waiting)")
                let device = try #require(try await cluster.api.device("executor"))
                #expect(device["slots"]["used"].int == 0)
                try await cluster.kill("executor")
                try await cluster.startExecutor([])
                let events = try await viewer.end(within: .seconds(120))
                #expect(Date().timeIntervalSince1970 < Double(reset) + 30)
                #expect(events.last?.state == "completed", "\(events.suffix(5))")
                #expect(viewer.text.contains("the other half"))
                #expect(model.requests(to: "has been reset").count == 1)
                let last = try #require(model.requests.last)
                #expect(last.texts(of: "user").contains { $0.contains("long work") })
                #expect(last.toolResults.contains { $0.contains("half") })
                #expect(Set(model.requests.map(\.session)).count == 1)
            }
        }

        @Test("A usage limit fails the task with its reset where it is not waited for")
        func failsAtLimit() async throws {
            try await with(settings: nil, Self.subscriber) { cluster, model in
                model.always(.usageLimit(until: Int(Date().timeIntervalSince1970) + 7200))
                let ended = try await cluster.run("long work")
                #expect(ended.state == "failed")
                #expect(ended.task["error"]["code"].string == "usage_limit", "\(ended.task)")
                #expect(ended.task["error"]["message"].string?.contains("it resets at") == true, "\(ended.task)")
            }
        }

        @Test("What an agent had opened is closed before the end of a task whose executor is killed")
        func closesOpenCalls() async throws {
            try await with(settings: nil, Self.impatient) { cluster, model in
                let todos = #"{"todos":[{"content":"wait","status":"in_progress","activeForm":"waiting"}]}"#
                let mark = cluster.directory.file("runs")
                model.answer(
                    .tool("TodoWrite", input: todos),
                    .tool("Bash", input: #"{"command":"echo $$ > \#(mark); exec sleep 300"}"#), to: "wait long")
                let task = try await cluster.api.submit("wait long", agent: nil, target: "executor")
                let viewer = cluster.api.watch(task["id"].string ?? "")
                let pid = try await eventually("the command runs") {
                    let text = try String(contentsOfFile: mark, encoding: .utf8)
                    return text.hasSuffix("\n") ? Int32(text.dropLast()) : nil
                }
                let call = try await viewer.event("the call") {
                    $0.kind == "tool_call" && $0.data["title"].string?.contains("Todo") != true
                }
                try await cluster.kill("executor")
                let events = try await viewer.end()
                #expect(events.last?.state == "failed", "\(events.suffix(5))")
                let updates = events.filter { $0.data["toolCallId"] == call.data["toolCallId"] }
                #expect(updates.last?.data["status"].string == "failed", "\(updates)")
                if let plan = events.last(where: { $0.kind == "plan" }) {
                    #expect(plan.data["entries"].items.allSatisfy { $0["status"].string != "in_progress" }, "\(plan)")
                }
                try await cluster.startExecutor([])
                try await eventually("the command is ended") { !ProcessTable.isAlive(pid) }
            }
        }
    }
}
