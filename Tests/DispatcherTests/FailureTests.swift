import GRDB
import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Failed commits")
struct FailureTests {
    private static func code(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch { return (error as? Fault)?.code }
    }

    /// Runs a statement on the database past the dispatcher.
    private static func meddle(_ rig: Rig, _ sql: String) async throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: rig.folder.file("data/dispatcher.db"), configuration: configuration)
        try await queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test("Events that were lost with a failed commit are requested again")
    func lostEvents() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit()
            _ = try await executor.assignment(task.id)
            try await Self.meddle(
                rig,
                """
                CREATE TRIGGER refuse_events BEFORE INSERT ON events WHEN NEW.attempt_seq = 1
                BEGIN SELECT RAISE(ABORT, 'refused'); END;
                """)
            // A whole window, and the start with it: the executor sends nothing more before an acknowledgement.
            try executor.append(task.id, 1...1024)
            try await eventually("the resync") { executor.resyncs.contains { $0.from == 1 } }
            try await Self.meddle(rig, "DROP TRIGGER refuse_events;")
            try executor.append(task.id, 1...1024)
            try await executor.acknowledged(task.id, 1024)
        }
    }

    @Test("A failed commit is reported and undone, and its events are requested again")
    func failedCommit() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit()
            _ = try await executor.assignment(task.id)
            try executor.append(task.id, 1...2)
            try await executor.acknowledged(task.id, 2)
            try await Self.meddle(
                rig,
                """
                CREATE TRIGGER refuse BEFORE INSERT ON tasks WHEN NEW.excerpt = 'boom'
                BEGIN SELECT RAISE(ABORT, 'refused'); END;
                CREATE TRIGGER refuse_events BEFORE INSERT ON events WHEN NEW.attempt_seq = 3
                BEGIN SELECT RAISE(ABORT, 'refused'); END;
                """)
            #expect(await Self.code { _ = try await rig.gateway.submit("boom", key: "k") } == .storageFailed)
            try await eventually("the first resync") { executor.resyncs.count == 1 }
            #expect(executor.resyncs[0].from == 3)
            try executor.append(task.id, 3...4)
            try await eventually("the second resync") { executor.resyncs.count == 2 }
            #expect(executor.acked(task.id) == 2)
            try await Self.meddle(rig, "DROP TRIGGER refuse; DROP TRIGGER refuse_events;")
            try executor.append(task.id, 3...4)
            try await executor.acknowledged(task.id, 4)
            let log = try await rig.gateway.log(task.id)
            #expect(log.map(\.seq) == Array(1...UInt64(log.count)))
            #expect(log.filter { $0.attempt == 1 }.map(\.attemptSeq) == [1, 2, 3, 4])
            let again = try await rig.gateway.submit("boom", key: "k")
            #expect(again.state == .assigned)
        }
    }

    @Test("A deposed dispatcher answers not_leader")
    func deposed() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            try await Self.meddle(rig, "UPDATE leases SET epoch = epoch + 1")
            #expect(await Self.code { _ = try await rig.gateway.submit() } == .notLeader)
            #expect(await Self.code { _ = try await rig.gateway.submit() } == .notLeader)
            #expect(await Self.code { try await executor.again().connect() } == .notLeader)
            #expect(executor.assigned.isEmpty)
        }
    }
}
