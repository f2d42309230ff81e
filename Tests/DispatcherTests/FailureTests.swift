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
            // The other task has nothing to do with it.
            #expect(executor.resyncs.isEmpty)
            try executor.append(task.id, 3...4)
            try await eventually("the resync") { executor.resyncs.count == 1 }
            #expect(executor.resyncs[0].from == 3 && executor.acked(task.id) == 2)
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

    @Test("Of a batch with a row that the store refuses only its own task fails, and its caller is told")
    func refusedRow() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let running = try await rig.gateway.submit().id
            _ = try await executor.assignment(running)
            try await Self.meddle(
                rig,
                """
                CREATE TRIGGER refuse BEFORE INSERT ON tasks WHEN NEW.excerpt = 'boom'
                BEGIN SELECT RAISE(ABORT, 'refused'); END;
                """)
            let ends = await withTaskGroup(of: (Int, Fault?).self, returning: [(Int, Fault?)].self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let isBad = number % 20 == 7
                        return (
                            number,
                            await fault {
                                _ = try await rig.gateway.submit(
                                    isBad ? "boom" : "echo", target: .cloud, key: "\(number)")
                            }
                        )
                    }
                    if number % 10 == 0 { try? executor.append(running, UInt64(number + 1)...UInt64(number + 10)) }
                }
                var ends: [(Int, Fault?)] = []
                for await end in group { ends.append(end) }
                return ends
            }
            for (number, fault) in ends {
                #expect(fault?.code == (number % 20 == 7 ? ErrorCode.storageFailed : nil), "\(number)")
                if let fault { #expect(fault.message.contains("refused a change of task")) }
            }
            try await executor.acknowledged(running, 60)
            let failures = await rig.server.service?.committer.failures
            #expect(executor.resyncs.isEmpty && failures == 0)
            try await Self.meddle(rig, "DROP TRIGGER refuse")
            // Nothing of it is left: neither its key nor its place in the queue.
            _ = try await rig.gateway.submit("boom", target: .cloud, key: "7")
        }
    }

    @Test("A task whose rows the store refuses again and again fails with the reason; others go on")
    func refusedForEver() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let (task, other) = (try await rig.gateway.submit().id, try await rig.gateway.submit().id)
            for id in [task, other] { _ = try await executor.assignment(id) }
            try executor.append(task, 1...2)
            try await executor.acknowledged(task, 2)
            try await Self.meddle(
                rig,
                """
                CREATE TRIGGER refuse_events BEFORE INSERT ON events WHEN NEW.attempt_seq = 3
                BEGIN SELECT RAISE(ABORT, 'refused'); END;
                """)
            for round in 1..<DispatcherLimits.refusedCommits {
                try executor.append(task, 3...4)
                try await eventually("resync \(round)") { executor.resyncs.count { $0.from == 3 } == round }
            }
            try executor.append(task, 3...4)
            let end = try await rig.gateway.wait(task, for: .failed)
            #expect(end.error?.code == .storageFailed && executor.acked(task) == 2)
            let log = try await rig.gateway.log(task)
            #expect(log.map(\.seq) == Array(1...UInt64(log.count)) && log.last?.flags == .terminal)
            try executor.append(other, 1...2)
            try await executor.acknowledged(other, 2)
            #expect(executor.resyncs.allSatisfy { $0.task == task })
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
