import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

@Suite(
    "Background work and messages of a turn with the real Claude Code",
    .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
struct ClaudeBackgroundTests {
    private let folder: TemporaryDirectory
    private let work: String
    private let sink = RecordingSink { _ in .allow() }
    private let conversation = ConversationID.generate()

    init() throws {
        folder = try TemporaryDirectory()
        work = try folder.folder("work")
        _ = try folder.folder("sessions")
    }

    private func agent(_ model: ScriptedModel, _ permission: PermissionMode = .bypass) throws -> ClaudeAgent {
        var environment = model.environment(home: folder.path)
        environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
        return ClaudeAgent(
            ClaudeAgent.Settings(
                program: ClaudeProgram(wanted: try #require(Binaries.claude), environment: environment),
                permission: permission, allowBypass: true, environment: environment, children: LiveChildren(),
                sessions: AgentSessions(directory: folder.file("sessions")), times: ExecutorTimes()))
    }

    private func start(
        _ agent: ClaudeAgent, _ prompt: String, sink: RecordingSink? = nil, background: Background? = nil
    ) async throws -> any AgentRun {
        var turn = makeTurn(prompt, in: work, conversation: conversation)
        turn.background = background
        return try await agent.start(turn, sink: sink ?? self.sink)
    }

    private func end(_ run: any AgentRun) async throws -> TurnOutcome {
        try await deadline("the end of the turn") { await run.outcome() }
    }

    /// The input of a background command that writes the ids of the agent's and its own process, and that ends when the
    /// file `go` is there.
    private func background(_ command: String = "while [ ! -e go ]; do sleep 0.02; done; echo over") -> String {
        #"{"command":"echo $PPID $$ > pids; \#(command)","run_in_background":true,"description":"a build"}"#
    }

    private func touch(_ name: String) throws { try Data().write(to: URL(filePath: "\(work)/\(name)")) }

    /// The processes of the agent and of its background command.
    private func pids() async throws -> (agent: Int32, command: Int32) {
        try await eventually("the background command runs") {
            let text = (try? String(contentsOfFile: work + "/pids", encoding: .utf8)) ?? ""
            let pids = text.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
            return pids.count == 2 ? (pids[0], pids[1]) : nil
        }
    }

    private func waiting(_ sink: RecordingSink) async throws {
        try await eventually("the turn waits") { sink.all(.waiting).last?["waiting_for"]?.string == "background" }
    }

    private func logs(_ sink: RecordingSink) -> [String] { sink.all(.log).compactMap { $0["message"]?.string } }

    @Test("A turn waits for its background command, and the answer to its report belongs to the same turn")
    func waitsForCommand() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: background()), .text("started "), .text("it is over"), to: "build it")
        model.answer(.text("next"), to: "and then")
        let agent = try agent(model)
        let run = try await start(agent, "build it")
        try await waiting(sink)
        #expect(sink.text == "started ")
        #expect(sink.all(.waiting).first?["what"] == "a background command: a build")
        #expect(sink.all(.waiting).first?["since"]?.string != nil)
        try touch("go")
        #expect(try await end(run) == .completed)
        #expect(sink.text == "started it is over")
        let pids = try await pids()
        #expect(!ProcessTable.isAlive(pids.command))
        // The process has nothing left to do and takes the next turn.
        #expect(ProcessTable.isAlive(pids.agent))
        let next = RecordingSink()
        #expect(try await end(try await start(agent, "and then", sink: next)) == .completed)
        #expect(next.text == "next")
        await agent.shutDown()
        await model.stop()
    }

    @Test("The next message ends what is left in the background, and each message gets its own answer")
    func wrapsUp() async throws {
        let model = try await ScriptedModel.start()
        let late = Gate()
        model.answer(
            .tool("Bash", input: background("sleep 300")), .text("started"), .text(.gate(late), "report"),
            to: "build it")
        for name in ["one", "two", "three"] { model.answer(.text(.token("answer \(name)")), to: "follow-up \(name)") }
        let agent = try agent(model)
        let run = try await start(agent, "build it")
        try await waiting(sink)
        await run.wrapUp("the next message waits")
        #expect(try await end(run) == .completed)
        let pids = try await pids()
        #expect(!ProcessTable.isAlive(pids.command) && !ProcessTable.isAlive(pids.agent))
        #expect(logs(sink).contains { $0.contains("a build") && $0.contains("next message") })
        for name in ["one", "two", "three"] {
            let sink = RecordingSink()
            #expect(try await end(try await start(agent, "follow-up \(name)", sink: sink)) == .completed)
            #expect(sink.text == "answer \(name)")
        }
        #expect(sink.text == "started")
        let count = model.requests.count
        late.open()
        await agent.shutDown()
        #expect(model.requests.count == count)
        await model.stop()
    }

    @Test("The next message also ends the agent's late answer to a report")
    func wrapsUpDuringReport() async throws {
        let model = try await ScriptedModel.start()
        let late = Gate()
        model.answer(
            .tool("Bash", input: background()), .text("started"), .text(.gate(late), "report"),
            .tool("Bash", input: #"{"command":"touch rogue"}"#),
            to: "build it")
        model.answer(.text("mine"), to: "follow-up")
        let agent = try agent(model)
        let run = try await start(agent, "build it")
        try await waiting(sink)
        try touch("go")
        try await eventually("the agent reads the report") { late.reached == 1 }
        await run.wrapUp("the next message waits")
        #expect(try await end(run) == .completed)
        late.open()
        let next = RecordingSink()
        #expect(try await end(try await start(agent, "follow-up", sink: next)) == .completed)
        #expect(next.text == "mine")
        #expect(!FileManager.default.fileExists(atPath: work + "/rogue"))
        await agent.shutDown()
        await model.stop()
    }

    @Test("A task that does not wait ends its background work at its result, also in another session")
    func stopsAtResult() async throws {
        let model = try await ScriptedModel.start()
        model.answer(
            .tool("Bash", input: background("setsid sleep 300 & echo $! >> pids; wait")), .text("started"),
            to: "build it")
        let agent = try agent(model)
        #expect(try await end(try await start(agent, "build it", background: .stop)) == .completed)
        let pids = try String(contentsOfFile: work + "/pids", encoding: .utf8).split(whereSeparator: \.isWhitespace)
            .compactMap { Int32($0) }
        #expect(pids.filter(ProcessTable.isAlive) == [])
        #expect(logs(sink).contains { $0.contains("ended a background command: a build") })
        #expect(sink.all(.waiting).isEmpty)
        await agent.shutDown()
        await model.stop()
    }

    @Test("A stop of a turn that waits leaves nothing and is a cancel")
    func stopsWaiting() async throws {
        let model = try await ScriptedModel.start()
        model.answer(
            .tool("Bash", input: background("trap '' TERM INT HUP; sleep 300")), .text("started"), to: "build it")
        let agent = try agent(model)
        let run = try await start(agent, "build it")
        try await waiting(sink)
        let pids = try await pids()
        await run.stop(grace: 4)
        #expect(try await end(run).state == .cancelled)
        #expect(!ProcessTable.isAlive(pids.command) && !ProcessTable.isAlive(pids.agent))
        await agent.shutDown()
        await model.stop()
    }

    @Test("A turn that waits keeps its outcome where the executor ends it and no person")
    func keepsOutcome() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: background("sleep 300")), .text("started"), to: "build it")
        let agent = try agent(model)
        let run = try await start(agent, "build it")
        try await waiting(sink)
        await run.wrapUp("the next message waits")
        await run.stop(grace: 4)
        #expect(try await end(run) == .completed)
        let pids = try await pids()
        #expect(!ProcessTable.isAlive(pids.command) && !ProcessTable.isAlive(pids.agent))
        await agent.shutDown()
        await model.stop()
    }

    @Test("A process that dies while its background work goes on keeps the outcome of its turn")
    func survivesDeath() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: background("sleep 300")), .text("started"), to: "build it")
        let agent = try agent(model)
        let run = try await start(agent, "build it")
        try await waiting(sink)
        let pids = try await pids()
        kill(pids.agent, SIGKILL)
        #expect(try await end(run) == .completed)
        #expect(!ProcessTable.isAlive(pids.command))
        #expect(logs(sink).contains { $0.contains("signal 9") && $0.contains("a build") })
        await agent.shutDown()
        await model.stop()
    }

    @Test("A report whose answer fails does not change the outcome")
    func reportsLaterFailure() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: background()), .text("started"), to: "build it")
        model.always(.failure(400, "out of order"), to: "build it")
        let agent = try agent(model)
        let run = try await start(agent, "build it")
        try await waiting(sink)
        try touch("go")
        #expect(try await end(run) == .completed)
        #expect(logs(sink).contains { $0.contains("out of order") })
        await agent.shutDown()
        await model.stop()
    }

    @Test(
        "A sub-agent's permission request and report belong to the task, with and without a background flag",
        arguments: ["", #","run_in_background":true"#, #","run_in_background":false"#])
    func subAgentAsks(_ flag: String) async throws {
        let model = try await ScriptedModel.start()
        model.answer(
            .tool("Bash", input: #"{"command":"touch made.txt; echo sub-done"}"#), .text("sub report"), to: "subwork")
        model.answer(
            .tool(
                "Agent",
                input: #"{"description":"helping","prompt":"subwork please","subagent_type":"general-purpose"\#(flag)}"#
            ),
            .text("main "), .text("report seen"), to: "delegate")
        let agent = try agent(model, .ask)
        let asking = RecordingSink { _ in nil }
        let run = try await start(agent, "delegate it", sink: asking)
        let request = try await eventually("the sub-agent asks") { asking.asked.first }
        #expect(request.tool == "Bash")
        if !flag.contains("false") {
            try await waiting(asking)
            #expect(asking.all(.waiting).first?["what"] == "a background sub-agent: helping")
        }
        await asking.reply(to: request, .allow())
        #expect(try await end(run) == .completed)
        #expect(FileManager.default.fileExists(atPath: work + "/made.txt"))
        #expect(asking.all(.toolCallUpdate).contains { $0["content"]?.array?.first?["content"]?["text"] == "sub-done" })
        #expect(asking.text.contains("main "))
        #expect(asking.text.contains("report seen") == !flag.contains("false"))
        await agent.shutDown()
        await model.stop()
    }

    @Test("A message reaches the running turn with the next tool result, and is shown once the agent has it")
    func steers() async throws {
        let model = try await ScriptedModel.start()
        model.answer(
            .tool("Bash", input: #"{"command":"touch here; while [ ! -e go ]; do sleep 0.02; done"}"#), .text("fine "),
            to: "begin")
        model.answer(.text("left"), to: "turn left")
        let agent = try agent(model)
        let run = try await start(agent, "begin")
        try await eventually("the tool runs") { FileManager.default.fileExists(atPath: work + "/here") }
        let message = PersonMessage(id: .generate(), text: "now turn left")
        try await run.steer(message)
        #expect(sink.all(.userMessageChunk).isEmpty)
        try touch("go")
        #expect(try await end(run) == .completed)
        #expect(sink.text.hasSuffix("left"))
        let shown = try #require(sink.all(.userMessageChunk).first)
        #expect(shown["content"]?["text"] == "now turn left")
        #expect(shown["_meta"]?["messageId"]?.string == message.id.description)
        await #expect(throws: Fault.self) { try await run.steer(message) }
        await agent.shutDown()
        await model.stop()
    }

    @Test("A message to a turn that waits for background work is answered within it")
    func steersWaitingTurn() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: background()), .text("started "), to: "build it")
        model.answer(.text("hello "), .text("report"), to: "say hello")
        let agent = try agent(model)
        let run = try await start(agent, "build it")
        try await waiting(sink)
        try await run.steer(PersonMessage(id: .generate(), text: "say hello"))
        try await eventually("its answer") { sink.text == "started hello " }
        // An end of the command before the answer's own end would be reported within it.
        try await eventually("it waits again") {
            sink.all(.waiting).count { $0["waiting_for"]?.string == "background" } >= 2
        }
        try touch("go")
        #expect(try await end(run) == .completed)
        #expect(sink.text == "started hello report")
        await agent.shutDown()
        await model.stop()
    }

    @Test("After a usage limit the session is told to continue; a new session gets the prompt")
    func resumesAfterLimit() async throws {
        let model = try await ScriptedModel.start()
        model.always(.text("ok"))
        let agent = try agent(model)
        var turn = makeTurn("the long prompt", in: work, conversation: conversation)
        turn.resumes = true
        #expect(try await end(try await agent.start(turn, sink: sink)) == .completed)
        #expect(model.requests.last?.prompt == "the long prompt")
        turn.attempt.attempt = 2
        #expect(try await end(try await agent.start(turn, sink: sink)) == .completed)
        #expect(model.requests.last?.prompt.contains("has been reset") == true)
        #expect(model.requests.last?.prompt.contains("the long prompt") == false)
        // A session that is gone has nothing to continue.
        await agent.shutDown()
        try FileManager.default.removeItem(atPath: folder.file(".claude/projects"))
        let later = try self.agent(model)
        turn.attempt.attempt = 3
        #expect(try await end(try await later.start(turn, sink: sink)) == .completed)
        #expect(model.requests.last?.prompt == "the long prompt")
        await later.shutDown()
        await agent.shutDown()
        await model.stop()
    }
}
