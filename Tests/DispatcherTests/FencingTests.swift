import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Stale messages")
struct FencingTests {
    private static func running(_ rig: Rig) async throws -> (executor: ScriptedExecutor, task: TaskID) {
        let executor = ScriptedExecutor(gateway: rig.gateway)
        try await executor.connect()
        let task = try await rig.gateway.submit().id
        _ = try await executor.assignment(task)
        try executor.started(task)
        _ = try await rig.gateway.wait(task, for: .running)
        return (executor, task)
    }

    /// Returns the task's events and view, which stale messages must not change.
    private static func state(_ rig: Rig, _ task: TaskID) async throws -> (TaskView, [Event]) {
        (try await rig.gateway.view(task), try await rig.gateway.log(task))
    }

    @Test("Messages of a session that is not current are dropped")
    func session() async throws {
        try await Rig.run { rig in
            let (old, task) = try await Self.running(rig)
            let new = old.again()
            try await new.connect([AttemptReport(task: task, attempt: 1, lastSeq: 0, ended: false)])
            let before = try await Self.state(rig, task)
            try old.started(task)
            try old.append(task, 1...2)
            try old.finish(task, 1, .failed)
            try old.report([])
            try old.send(TaskRejected(task: task, attempt: 1, fault: Fault(.slotsFull, "full")))
            try await eventually("five to be counted") { rig.server.stale[.session] == 5 }
            #expect(try await Self.state(rig, task) == before)
            #expect(new.stops.isEmpty)
            #expect(rig.server.stale[.attempt] == 0 && rig.server.stale[.generation] == 0)
        }
    }

    @Test("Messages of another attempt are dropped and it is stopped")
    func attempt() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            let before = try await Self.state(rig, task)
            try executor.started(task, attempt: 2)
            try executor.append(task, attempt: 2, 1...1)
            try executor.finish(task, attempt: 2, 1)
            try executor.send(TaskRejected(task: task, attempt: 2, fault: Fault(.agentMissing, "none")))
            try await eventually("four to be counted") { rig.server.stale[.attempt] == 4 }
            #expect(try await Self.state(rig, task) == before)
            try await eventually("the stop") { executor.stops.contains { $0.attempt == 2 && $0.discard } }
            #expect(!executor.stops.contains { $0.attempt == 1 })
        }
    }

    @Test("A late open or close of an old session is refused")
    func generation() async throws {
        try await Rig.run { rig in
            let (old, task) = try await Self.running(rig)
            let new = old.again()
            try await new.connect([AttemptReport(task: task, attempt: 1, lastSeq: 0, ended: false)])
            try old.disconnect()
            try await eventually("the close to be counted") { rig.server.stale[.generation] == 1 }
            let fault = await #expect(throws: Fault.self) { try await old.connect() }
            #expect(fault?.code == .staleSession && rig.server.stale[.generation] == 2)
            #expect(try await rig.gateway.view(task).stalled == nil)
            try new.append(task, 1...1)
            try await new.acknowledged(task, 1)
        }
    }

    @Test("A deposed leader commits nothing")
    func epoch() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            let other = try await SQLiteTaskStore(
                directory: rig.folder.file("data"), holder: .generate(), isLocked: false, now: Sample.now)
            let sent = executor.received.count
            try executor.append(task, 1...3)
            try await eventually("the commit to be counted") { rig.server.stale[.epoch] == 1 }
            #expect(try await other.events(task, after: 0, limit: 100, bytes: 1 << 20).allSatisfy { $0.attempt == 0 })
            await rig.pass(60)
            #expect(executor.received.count == sent)
            await other.close()
        }
    }
}
