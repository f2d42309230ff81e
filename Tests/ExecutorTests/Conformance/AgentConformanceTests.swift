import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

/// What holds for every agent. The agents are real, what stands behind them is scripted.
@Suite("The conformance of an agent", .serialized, .timeLimit(.minutes(5)))
struct AgentConformanceTests {
    @Test("An agent is announced as ready, with the version of its program", arguments: AgentUnderTest.all)
    func isAnnounced(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let described = try await eventually("the agent is ready") {
            let reports = try device.device.connection.all(DeviceReport.self).compactMap(\.agents).last
            let registered = try device.device.connection.all(DeviceRegister.self).first?.agents
            return (reports ?? registered)?.first { $0.name == agent.name && $0.ready }
        }
        if let version = described.version { print("conformance: \(agent.name) \(version)") }
        await device.stop()
    }

    @Test("A device without the agent says so, and refuses its tasks", arguments: AgentUnderTest.all)
    func isMissing(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent, agent.remove)
        let turn = try device.assign(.say("never"))
        let fault: Fault = try await eventually("the refusal") {
            let connection = device.device.connection
            return try connection.all(TaskRejected.self).first { $0.task == turn.task }?.fault
                ?? connection.all(TaskFinished.self).first { $0.task == turn.task }?.error
        }
        #expect(fault.code == agent.missing)
        await device.stop()
    }

    @Test("Text arrives while the turn goes on, after its start", arguments: AgentUnderTest.all)
    func streams(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.hold("first part,", until: device.file("go"), rest: " second part"))
        try await eventually("the first part") { try device.text(turn).hasPrefix("first part,") }
        #expect(try device.device.connection.all(TaskStarted.self).count == 1)
        #expect(try !device.text(turn).contains("second"))
        try device.folder.write("", to: "go")
        #expect(try await device.end(of: turn).state == .completed)
        #expect(try device.text(turn).contains("second part"))
        await device.stop()
    }

    @Test("A tool is shown with its output and its end", arguments: AgentUnderTest.with(.tools))
    func showsTools(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.run("echo out of the tool"))
        #expect(try await device.end(of: turn).state == .completed)
        let call = try #require(try device.payloads(turn, .toolCall).first)
        #expect(call["toolCallId"]?.string?.isEmpty == false && call["title"]?.string?.isEmpty == false)
        let updates = try device.payloads(turn, .toolCallUpdate)
        #expect(updates.last?["status"] == "completed")
        #expect(updates.contains { String(decoding: $0.bytes, as: UTF8.self).contains("out of the tool") })
        await device.stop()
    }

    @Test("Several turns at once keep their texts apart", arguments: AgentUnderTest.all)
    func runsInParallel(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turns = try (1...3).map { number in
            try device.assign(.hold("begin \(number)", until: device.file("go"), rest: "end \(number)"))
        }
        for (number, turn) in zip(1..., turns) {
            try await eventually("turn \(number) runs") { try device.text(turn).contains("begin \(number)") }
        }
        try device.folder.write("", to: "go")
        for (number, turn) in zip(1..., turns) {
            #expect(try await device.end(of: turn).state == .completed)
            let text = try device.text(turn)
            #expect(text.contains("end \(number)") && (1...3).allSatisfy { $0 == number || !text.contains("\($0)") })
        }
        await device.stop()
    }

    // MARK: Cancel and hang

    @Test("A cancel ends a turn that says something", arguments: AgentUnderTest.all)
    func cancelsText(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.hold("up", until: device.file("never"), rest: "late"))
        try await eventually("it runs") { try device.text(turn).contains("up") }
        try device.cancel(turn)
        #expect(try await device.end(of: turn).state == .cancelled)
        let next = try device.assign(.say("still here"), after: turn)
        #expect(try await device.end(of: next).state == .completed)
        #expect(try device.text(next).contains("still here"))
        await device.stop()
    }

    @Test("A cancel ends a command, its process and everything that it has started", arguments: AgentUnderTest.all)
    func cancelsCommand(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let child = "setsid sh -c 'echo $$ > \(device.file("child")); exec sleep 600' & "
        let turn = try device.assign(.run(child + device.longCommand("pid")))
        let pids = (try await device.pid("pid"), try await device.pid("child"))
        try device.cancel(turn)
        #expect(try await device.end(of: turn).state == .cancelled)
        try await device.isGone(pids.0)
        try await device.isGone(pids.1)
        await device.stop()
    }

    @Test("A cancel at once, before anything was shown, ends the turn", arguments: AgentUnderTest.all)
    func cancelsAtOnce(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.hold("up", until: device.file("never"), rest: "late"))
        try device.cancel(turn)
        // A turn that was not begun yet may be refused instead.
        try await eventually("its end") {
            let connection = device.device.connection
            return try connection.all(TaskFinished.self).contains { $0.task == turn.task && $0.state == .cancelled }
                || connection.all(TaskRejected.self).contains { $0.task == turn.task }
        }
        await device.stop()
    }

    @Test("A command that ignores every polite signal is ended by force", arguments: AgentUnderTest.all)
    func endsStubborn(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let command = "trap '' INT TERM HUP; echo $$ > '\(device.file("pid"))'; while :; do sleep 1; done"
        let turn = try device.assign(.run(command))
        let pid = try await device.pid("pid")
        try device.cancel(turn, grace: 1)
        #expect(try await device.end(of: turn).state == .cancelled)
        try await device.isGone(pid)
        await device.stop()
    }

    // MARK: Failures

    @Test("A turn that fails says why, and the next one works", arguments: AgentUnderTest.all)
    func fails(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.fail)
        let verdict = try await device.end(of: turn)
        #expect(verdict.state == .failed && verdict.error?.message.isEmpty == false)
        let next = try device.assign(.say("works again"), after: turn)
        #expect(try await device.end(of: next).state == .completed)
        await device.stop()
    }

    @Test("An agent whose process is killed fails its turn, and the next one works", arguments: AgentUnderTest.all)
    func survivesCrash(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.die)
        let verdict = try await device.end(of: turn)
        #expect(verdict.state == .failed && verdict.error?.message.isEmpty == false)
        let next = try device.assign(.say("back again"), after: turn)
        #expect(try await device.end(of: next).state == .completed)
        #expect(try device.text(next).contains("back again"))
        await device.stop()
    }

    // MARK: Conversations

    @Test("A follow-up gets its own answer and works in the same directory", arguments: AgentUnderTest.all)
    func followsUp(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        var turn = try device.assign(.run("echo kept > note.txt"))
        #expect(try await device.end(of: turn).state == .completed)
        let mark = device.file("seen")
        let second = try device.assign(.run("cp note.txt '\(mark)'"), after: turn)
        #expect(try await device.end(of: second).state == .completed)
        #expect(try String(contentsOfFile: mark, encoding: .utf8) == "kept\n")
        turn = second
        for number in 1...3 {
            let next = try device.assign(.say("answer \(number)"), after: turn)
            #expect(try await device.end(of: next).state == .completed)
            let text = try device.text(next)
            #expect((1...3).allSatisfy { text.contains("answer \($0)") == ($0 == number) }, "\(text)")
            turn = next
        }
        await device.stop()
    }

    @Test("A follow-up knows the turns before it", arguments: AgentUnderTest.with(.memory))
    func remembers(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let first = try device.assign(.say("one"))
        try await device.end(of: first)
        let second = try device.assign(.say("two"), after: first)
        try await device.end(of: second)
        #expect(device.stage.knew(first.marker))
        let other = try device.assign(.say("three"))
        try await device.end(of: other)
        #expect(!device.stage.knew(first.marker), "another conversation")
        await device.stop()
    }

    @Test(
        "After a restart of the executor a conversation goes on with what it knew",
        arguments: AgentUnderTest.with(.memory))
    func resumes(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let first = try device.assign(.say("one"))
        try await device.end(of: first)
        await device.device.server.stop()
        let again = try await ConformanceDevice.start(agent, after: device)
        let second = try again.assign(.say("two"), after: first)
        #expect(try await again.end(of: second).state == .completed)
        #expect(again.stage.knew(first.marker))
        await again.stop()
    }

    // MARK: Background work

    @Test("Work that a turn leaves behind does not outlive its task", arguments: AgentUnderTest.all)
    func endsBackground(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.leave(device.longCommand("pid"), saying: "left it"), background: .stop)
        let pid = try await device.pid("pid")
        #expect(try await device.end(of: turn).state == .completed)
        #expect(try device.text(turn).contains("left it"))
        try await device.isGone(pid)
        let next = try device.assign(.say("its own answer"), after: turn)
        #expect(try await device.end(of: next).state == .completed)
        #expect(try device.text(next) == "its own answer" || agent.name == "shell")
        await device.stop()
    }

    // MARK: Permission

    @Test("What is allowed is done, what is denied is not", arguments: AgentUnderTest.with(.permission), [true, false])
    func asks(agent: AgentUnderTest, allows: Bool) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.run("echo done > '\(device.file("done"))'"), mode: .ask)
        let request = try await device.request(of: turn)
        #expect(!request.tool.isEmpty && !request.title.isEmpty)
        #expect(!device.isThere("done"))
        try device.answer(request, allows ? .allow : .deny, message: allows ? nil : "not on a Sunday")
        #expect(try await device.end(of: turn).state == .completed)
        #expect(device.isThere("done") == allows)
        #expect(try device.payloads(turn, .toolCallUpdate).last?["status"] == (allows ? "completed" : "failed"))
        await device.stop()
    }

    @Test(
        "A cancelled turn withdraws its request, and a late answer does nothing",
        arguments: AgentUnderTest.with(.permission))
    func withdraws(agent: AgentUnderTest) async throws {
        let device = try await ConformanceDevice.start(agent)
        let turn = try device.assign(.run("echo done > '\(device.file("done"))'"), mode: .ask)
        let request = try await device.request(of: turn)
        try device.cancel(turn)
        #expect(try await device.end(of: turn).state == .cancelled)
        try device.answer(request, .allow)
        let next = try device.assign(.say("next"), after: turn)
        #expect(try await device.end(of: next).state == .completed)
        #expect(!device.isThere("done"))
        await device.stop()
    }
}
