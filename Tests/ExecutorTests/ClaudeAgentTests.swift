import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

@Suite(
    "The driver with the real Claude Code and a scripted model",
    .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
struct ClaudeAgentTests {
    private let folder: TemporaryDirectory
    private let work: String
    private let sink = RecordingSink()
    private let conversation = ConversationID.generate()

    init() throws {
        folder = try TemporaryDirectory()
        work = try folder.folder("work")
        _ = try folder.folder("sessions")
    }

    private func agent(
        _ model: ScriptedModel, _ permission: PermissionMode = .ask, warm: Double = 600
    ) throws -> ClaudeAgent {
        var environment = model.environment(home: folder.path)
        environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
        environment["WEGENT_TOKEN"] = "secret"
        var times = ExecutorTimes()
        times.warm = warm
        return ClaudeAgent(
            ClaudeAgent.Settings(
                program: ClaudeProgram(wanted: try #require(Binaries.claude), environment: environment),
                permission: permission, allowBypass: true, environment: environment, children: LiveChildren(),
                sessions: AgentSessions(directory: folder.file("sessions")), times: times))
    }

    private func run(_ agent: ClaudeAgent, _ prompt: String, sink: RecordingSink? = nil) async throws -> TurnOutcome {
        let turn = makeTurn(prompt, in: work, conversation: conversation)
        let run = try await agent.start(turn, sink: sink ?? self.sink)
        return try await deadline("the end of the turn") { await run.outcome() }
    }

    @Test("The driver reports the version of Claude Code")
    func describesVersion() async throws {
        let model = try await ScriptedModel.start()
        let described = try await agent(model).describe()
        #expect(described.ready)
        #expect(described.version?.first?.isNumber == true)
        await model.stop()
    }

    @Test("Text streams token by token")
    func streamsText() async throws {
        let model = try await ScriptedModel.start()
        let gate = Gate()
        model.answer(.text("Hel", .gate(gate), "lo"), to: "greet")
        let agent = try agent(model)
        let run = try await agent.start(makeTurn("greet me", in: work, conversation: conversation), sink: sink)
        try await eventually("the first token") { sink.text == "Hel" }
        gate.open()
        #expect(try await deadline("the end") { await run.outcome() } == .completed)
        #expect(sink.text == "Hello")
        #expect(sink.all(.usage).count == 1)
        await agent.shutDown()
        await model.stop()
    }

    @Test("A follow-up goes to the same process, and after a restart to the same session")
    func keepsProcessAndSession() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.text("one"), .text("two"), .text("three"))
        let first = try agent(model)
        #expect(try await run(first, "say one") == .completed)
        #expect(try await run(first, "say two") == .completed)
        #expect(model.requests.last?.texts(of: "assistant") == ["one"])
        await first.shutDown()
        let second = try agent(model)
        #expect(try await run(second, "say three") == .completed)
        #expect(model.requests.last?.texts(of: "assistant") == ["one", "two"])
        #expect(sink.text == "onetwothree")
        await second.shutDown()
        await model.stop()
    }

    @Test("A process that was idle for too long ends, and its session is resumed")
    func resumesAfterIdleEnd() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.text("one"), .text("two"))
        let agent = try agent(model, warm: 0)
        #expect(try await run(agent, "say one") == .completed)
        #expect(try await run(agent, "say two") == .completed)
        #expect(model.requests.last?.texts(of: "assistant") == ["one"])
        await agent.shutDown()
        await model.stop()
    }

    @Test("A tool runs on the device and its result is emitted")
    func runsTool() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: #"{"command":"echo made > made.txt; echo $((6*7))"}"#), .text("done"))
        let agent = try agent(model, .bypass)
        #expect(try await run(agent, "compute") == .completed)
        #expect(try String(contentsOfFile: work + "/made.txt", encoding: .utf8) == "made\n")
        #expect(sink.all(.toolCall).first?["title"] == "Bash")
        let last = try #require(sink.all(.toolCallUpdate).last)
        #expect(last["status"] == "completed")
        #expect(last["content"]?.array?.first?["content"]?["text"] == "42")
        #expect(sink.text == "done")
        await agent.shutDown()
        await model.stop()
    }

    @Test("A tool that needs permission is asked for, and the reason of a denial goes to the model")
    func asksForPermission() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: #"{"command":"touch made.txt"}"#), .text("then not"))
        let agent = try agent(model)
        let sink = RecordingSink { _ in .deny("not on a Sunday") }
        #expect(try await run(agent, "make it", sink: sink) == .completed)
        #expect(!FileManager.default.fileExists(atPath: work + "/made.txt"))
        let request = try #require(sink.asked.first)
        #expect(request.tool == "Bash")
        #expect(request.title == "touch made.txt")
        #expect(request.input["command"] == "touch made.txt")
        #expect(request.rules.map(\.tool) == ["Bash"])
        #expect(sink.all(.toolCallUpdate).last?["status"] == "failed")
        #expect(model.requests.last?.toolResults.last == "not on a Sunday")
        await agent.shutDown()
        await model.stop()
    }

    @Test("Edits in the workspace are allowed where the device allows them")
    func acceptsEdits() async throws {
        let model = try await ScriptedModel.start()
        model.answer(
            .tool("Write", input: #"{"file_path":"\#(work)/note.txt","content":"hello"}"#), .text("written"))
        let agent = try agent(model, .acceptEdits)
        #expect(try await run(agent, "write it") == .completed)
        #expect(try String(contentsOfFile: work + "/note.txt", encoding: .utf8) == "hello")
        await agent.shutDown()
        await model.stop()
    }

    @Test("An interrupt ends the turn, and the next turn knows its text")
    func interruptsTurn() async throws {
        let model = try await ScriptedModel.start()
        let gate = Gate()
        model.answer(.text("begun ", .gate(gate), "never"), to: "long")
        model.answer(.text("here"), to: "again")
        let agent = try agent(model)
        let run = try await agent.start(makeTurn("long one", in: work, conversation: conversation), sink: sink)
        try await eventually("the first token") { sink.text == "begun " }
        let start = ContinuousClock.now
        await run.stop(grace: 5)
        #expect(try await deadline("the end") { await run.outcome() } == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(20))
        let later = RecordingSink()
        #expect(try await self.run(agent, "again", sink: later) == .completed)
        #expect(later.text == "here")
        #expect(model.requests.last?.texts(of: "user").contains { $0.contains("long one") } == true)
        gate.open()
        await agent.shutDown()
        await model.stop()
    }

    @Test("An error of the model's server fails the turn with its status")
    func failsWithServerStatus() async throws {
        let model = try await ScriptedModel.start()
        model.always(.failure(400, "out of order"))
        let agent = try agent(model)
        let outcome = try await run(agent, "hello")
        #expect(outcome.state == .failed)
        #expect(outcome.fault?.code == .agentFailed)
        #expect(outcome.fault?.message.contains("out of order") == true)
        #expect(outcome.fault?.message.contains("400") == true)
        await agent.shutDown()
        await model.stop()
    }

    @Test("A missing session is replaced by a new one, with a notice")
    func replacesMissingSession() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.text("fresh"), to: "hello")
        model.answer(.text(""), to: "and on")
        AgentSessions(directory: folder.file("sessions")).keep(
            "11111111-1111-4111-8111-111111111111", of: conversation)
        let agent = try agent(model)
        #expect(try await run(agent, "hello") == .completed)
        #expect(sink.text == "fresh")
        #expect(sink.all(.log).first?["message"]?.string?.contains("no longer has the session") == true)
        // The session knows nothing of what was before, so that the next turn asks for all of it.
        #expect(agent.memory(of: conversation)?.last == nil)
        #expect(try await run(agent, "and on") == .completed)
        #expect(agent.memory(of: conversation)?.last != nil)
        await agent.shutDown()
        await model.stop()
    }

    @Test("A process that entered plan mode by itself is not reused")
    func dropsProcessInPlanMode() async throws {
        let model = try await ScriptedModel.start()
        let process = #"{"command":"echo $PPID >> processes"}"#
        model.answer(.tool("Bash", input: process), .text("one"), to: "first")
        model.answer(
            .tool("Bash", input: process), .tool("EnterPlanMode", input: "{}"), .text("two"), to: "second")
        model.answer(.tool("Bash", input: process), .text("three"), to: "third")
        let agent = try agent(model)
        let sink = RecordingSink { _ in .allow() }
        for prompt in ["first", "second", "third"] {
            #expect(try await run(agent, prompt, sink: sink) == .completed)
        }
        let lines = try String(contentsOfFile: work + "/processes", encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.prefix(2).allSatisfy { $0 == lines[0] } && lines.last != lines.first)
        await agent.shutDown()
        await model.stop()
    }

    @Test("A process that is killed fails its turn and leaves nothing")
    func killedProcessFailsTurn() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: #"{"command":"echo $PPID > pid; kill -9 $PPID; sleep 5"}"#))
        let agent = try agent(model, .bypass)
        let outcome = try await run(agent, "die")
        #expect(outcome.state == .failed)
        #expect(outcome.fault?.message.contains("signal 9") == true)
        await agent.shutDown()
        await model.stop()
    }

    @Test("A tool's leftover processes end with the turn, and the agent stays warm")
    func endsToolLeftovers() async throws {
        let model = try await ScriptedModel.start()
        let script =
            "(sleep 600 & echo $! >> pids); setsid sh -c 'echo $$ >> pids; exec sleep 600' & echo $PPID > claude; "
            + "while [ $(wc -l < pids) -lt 2 ]; do sleep 0.02; done"
        model.answer(.tool("Bash", input: #"{"command":"\#(script)"}"#), .text("done"))
        let agent = try agent(model, .bypass)
        #expect(try await run(agent, "leave something") == .completed)
        let pids = try String(contentsOfFile: work + "/pids", encoding: .utf8).split(separator: "\n").compactMap {
            Int32($0)
        }
        #expect(pids.count == 2)
        #expect(pids.filter(ProcessTable.isAlive) == [])
        let claude = try String(contentsOfFile: work + "/claude", encoding: .utf8)
        #expect(ProcessTable.isAlive(try #require(Int32(claude.trimmingCharacters(in: .whitespacesAndNewlines)))))
        await agent.shutDown()
        await model.stop()
    }

    @Test("A cancel during a tool ends the tool's processes, in other sessions too")
    func cancelEndsTool() async throws {
        let model = try await ScriptedModel.start()
        let script = "trap '' TERM INT; echo $$ >> pids; setsid sh -c 'echo $$ >> pids; exec sleep 600' & sleep 600"
        model.answer(.tool("Bash", input: #"{"command":"\#(script)"}"#), .text("never"))
        let agent = try agent(model, .bypass)
        let run = try await agent.start(makeTurn("work", in: work, conversation: conversation), sink: sink)
        let pids = try await eventually("the tool runs") {
            let text = try String(contentsOfFile: work + "/pids", encoding: .utf8)
            let pids = text.split(separator: "\n").compactMap { Int32($0) }
            return pids.count == 2 ? pids : nil
        }
        await run.stop(grace: 4)
        #expect(try await deadline("the end") { await run.outcome() }.state == .cancelled)
        #expect(pids.filter(ProcessTable.isAlive) == [])
        await agent.shutDown()
        await model.stop()
    }

    @Test("The agent gets the task's marker and not the token")
    func hidesToken() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: #"{"command":"echo [$WEGENT_TOKEN] $WEGENT_TASK"}"#), .text("done"))
        let agent = try agent(model, .bypass)
        _ = try await run(agent, "show")
        let said = sink.all(.toolCallUpdate).last?["content"]?.array?.first?["content"]?["text"]?.string ?? ""
        #expect(said.hasPrefix("[] "))
        #expect(said.hasSuffix("/1"))
        await agent.shutDown()
        await model.stop()
    }
}

@Suite("A Claude Code that is missing or broken")
struct ClaudeProgramTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func fault(_ wanted: String, path: String) async -> Fault? {
        let program = ClaudeProgram(wanted: wanted, environment: ["PATH": path])
        do {
            _ = try await program.version(in: LiveChildren(), deadline: 1)
            return nil
        } catch { return error as? Fault }
    }

    @Test("A missing program is reported with what to install")
    func reportsMissingProgram() async throws {
        for wanted in ["no-such-claude", folder.file("claude")] {
            let fault = try #require(await fault(wanted, path: folder.path))
            #expect(fault.code == .agentMissing)
            #expect(fault.message.contains("install Claude Code"))
        }
    }

    @Test("A program that fails, hangs or cannot be executed is broken")
    func reportsBrokenProgram() async throws {
        let failing = try folder.write("#!/bin/sh\necho bad library >&2\nexit 3\n", to: "failing", executable: true)
        let hanging = try folder.write("#!/bin/sh\nsleep 600\n", to: "hanging", executable: true)
        let foreign = try folder.write("\u{7f}ELF nonsense", to: "foreign", executable: true)
        for path in [failing, hanging, foreign] {
            let fault = try #require(await fault(path, path: "/usr/bin:/bin"))
            #expect(fault.code == .agentBroken, "\(path)")
            #expect(fault.message.contains(path))
        }
        #expect(await fault(failing, path: "/bin")?.message.contains("bad library") == true)
    }

    @Test("A Claude Code that is installed later is shown ready once a task has found it")
    func isFoundLater() async throws {
        let device = try await DeviceUnderTest.start()
        device.ackEverything(on: device.connection)
        func state() throws -> Messages.Agent? {
            let reports = try device.connection.all(DeviceReport.self).compactMap(\.agents)
            let first = try device.connection.all(DeviceRegister.self).first?.agents
            return (reports.last ?? first)?.first { $0.name == "claude-code" }
        }
        #expect(try state()?.ready == false)
        let missing = try device.assign("hello", agent: "claude-code")
        try await eventually("the refusal") {
            try device.connection.all(TaskRejected.self).contains {
                $0.task == missing && $0.fault.code == .agentMissing
            }
        }
        try FileManager.default.createSymbolicLink(
            atPath: device.folder.file("no-claude"), withDestinationPath: try #require(Binaries.claude))
        try device.assign("hello", agent: "claude-code")
        let found = try await eventually("the device's report") { try state().flatMap { $0.ready ? $0 : nil } }
        #expect(found.version?.hasPrefix("2.") == true, "\(found)")
        await device.stop()
    }

    @Test("The program is found in PATH")
    func findsProgramInPath() async throws {
        try folder.write("#!/bin/sh\necho '9.9.9 (Claude Code)'\n", to: "claude", executable: true)
        let program = ClaudeProgram(wanted: "claude", environment: ["PATH": "\(folder.path):/bin"])
        // Longer than a busy machine needs.
        #expect(try await program.version(in: LiveChildren(), deadline: 60) == "9.9.9")
    }
}
