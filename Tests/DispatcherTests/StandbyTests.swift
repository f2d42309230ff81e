import Foundation
import GRDB
import Logging
import Mesh
import Messages
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Two dispatcher processes on one data directory, killed and frozen", .timeLimit(.minutes(3)))
struct StandbyTests {
    private static func standby(_ process: ChildProcess, times: Int = 1) async throws {
        try await eventually("the standby") { process.stdout.lines.count { $0.hasPrefix("{\"standby\":\"") } == times }
    }

    @Test("A standby reports itself and follows a dead leader")
    func deadLeader() async throws {
        try await Site.run { site in
            let first = try site.start()
            let gateway = try await site.gateway(try await Site.endpoint(first))
            let task = try await gateway.submit(target: .cloud)
            let second = try site.start()
            #expect(try await second.stdout.line() == "{\"standby\":\"\(site.folder.file("data"))\"}")
            let line = try await second.stderr.line { $0.contains("standby") }
            #expect(line.contains("process=\(first.pid)") && line.contains(site.folder.file("data")))
            first.signal(SIGKILL)
            let death = ContinuousClock.now
            let endpoint = try await Site.endpoint(second)
            // 5 s are promised; some more for a busy machine.
            #expect(ContinuousClock.now - death < .seconds(10))
            let other = try await site.gateway(endpoint)
            #expect(try await other.view(task.id).state == .queued)
            let epochs = site.registry.announced.compactMap { $0.partitions.first?.epoch }
            #expect(epochs.count == 2 && epochs[1] > epochs[0])
            await gateway.link.close()
            await other.link.close()
            #expect(try await second.stop() == .exited(0))
        }
    }

    @Test("A standby follows a leader that stops, and stops itself")
    func stoppedLeader() async throws {
        try await Site.run { site in
            let first = try site.start()
            _ = try await Site.endpoint(first)
            let second = try site.start()
            try await Self.standby(second)
            let third = try site.start()
            try await Self.standby(third)
            #expect(try await third.stop() == .exited(0))
            #expect(try await first.stop() == .exited(0))
            _ = try await Site.endpoint(second)
            #expect(try await second.stop() == .exited(0))
        }
    }

    @Test("A frozen leader is replaced, and concedes when it thaws")
    func frozenLeader() async throws {
        try await Site.run { site in
            let first = try site.start(takeover: 2)
            let old = try await site.gateway(try await Site.endpoint(first))
            let executor = ScriptedExecutor(gateway: old)
            try await executor.connect()
            let task = try await old.submit().id
            let assigned = try await executor.assignment(task)
            let second = try site.start(takeover: 2)
            try await Self.standby(second)
            // A leader with nothing to do is not mistaken for a frozen one.
            try await Task.sleep(for: .seconds(5))
            #expect(second.stdout.lines.count == 1)
            try await site.freeze(first, inWrite: false)
            let new = try await site.gateway(try await Site.endpoint(second))
            #expect(try await new.view(task).state == .assigned)
            // Waiting for the frozen leader when it thaws: a message of its executor and a request.
            let sent = executor.received.count
            try? executor.started(task)
            try? executor.append(task, 1...3)
            first.signal(SIGCONT)
            try await Self.standby(first)
            #expect(executor.received.count == sent)
            let back = ScriptedExecutor(gateway: new, session: .generate(), generation: 2)
            let opened = try await back.connect([AttemptReport(task: task, attempt: 1, lastSeq: 3, ended: false)])
            #expect(opened.epoch > assigned.epoch)
            try back.started(task)
            try back.append(task, 1...3)
            try await back.acknowledged(task, 3)
            try back.finish(task, 4)
            _ = try await new.wait(task, for: .completed)
            let log = try await new.log(task)
            #expect(log.map(\.seq) == Array(1...UInt64(log.count)))
            #expect(log.filter { $0.attempt == 1 }.map(\.attemptSeq) == [1, 2, 3])
            // It is a standby now and can take over in turn: the lock of the data directory has passed to the leader.
            second.signal(SIGKILL)
            let third = try await Self.endpoint(second: first)
            let last = try await site.gateway(third)
            #expect(try await last.view(task).state == .completed)
            for gateway in [old, new, last] { await gateway.link.close() }
            #expect(try await first.stop() == .exited(0))
        }
    }

    /// Waits until a process leads for the second time, and returns its endpoint.
    private static func endpoint(second process: ChildProcess) async throws -> String {
        try await eventually("the second lead") {
            let lines = process.stdout.lines.filter { $0.hasPrefix("{\"endpoint\":\"") }
            return lines.count == 2 ? String(lines[1].dropFirst(13).dropLast(2)) : nil
        }
    }

    @Test("A standby waits while a frozen leader holds the database")
    func frozenHolder() async throws {
        try await Site.run { site in
            let first = try site.start(takeover: 2)
            _ = try await Site.endpoint(first)
            let second = try site.start(takeover: 2)
            try await Self.standby(second)
            // A connection of the test holds the database instead: a freeze within a write cannot be timed from outside.
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            configuration.busyMode = .timeout(5)
            let path = site.folder.file("data/dispatcher.db")
            let held = try DatabaseQueue(path: path, configuration: configuration)
            try await held.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            first.signal(SIGSTOP)
            let line = try await second.stderr.line { $0.contains("the lead cannot be taken") }
            #expect(line.contains("\(path) is locked by another process"))
            try await held.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            _ = try await Site.endpoint(second)
            first.signal(SIGKILL)
            #expect(try await second.stop() == .exited(0))
        }
    }

    @Test("A leader that froze within a commit is ended and followed")
    func frozenCommit() async throws {
        try await Site.run { site in
            // Long enough that a slow disk is not taken for a frozen process.
            let first = try site.start(takeover: 4)
            let old = try await site.gateway(try await Site.endpoint(first))
            let second = try site.start(takeover: 4)
            try await Self.standby(second)
            let accepted = Mutex<[TaskID]>([])
            let load = Task {
                while !Task.isCancelled {
                    guard let task = try? await old.submit(target: .cloud) else { return }
                    accepted.withLock { $0.append(task.id) }
                }
            }
            try await site.freeze(first, inWrite: true)
            let endpoint = try await Site.endpoint(second)
            #expect(try await first.exit() == .signalled(SIGKILL))
            #expect(second.stderr.text.contains("its state is T (stopped)"))
            let new = try await site.gateway(endpoint)
            for task in accepted.withLock({ $0 }) { #expect(try await new.view(task).state == .queued) }
            load.cancel()
            for gateway in [old, new] { await gateway.link.close() }
            #expect(try await second.stop() == .exited(0))
        }
    }

    @Test("A leader in a write of many times --takeover-s is neither replaced nor ended")
    func longWrite() async throws {
        try await Site.run { site in
            let first = try site.start(takeover: 1)
            let gateway = try await site.gateway(try await Site.endpoint(first))
            let second = try site.start(takeover: 1)
            try await Self.standby(second)
            let path = site.folder.file("data/dispatcher.db")
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try await queue.write {
                try $0.execute(
                    sql: """
                        CREATE VIEW slow AS WITH RECURSIVE c(x) AS
                        (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 40000000) SELECT count(*) AS n FROM c;
                        CREATE TRIGGER slowly BEFORE INSERT ON tasks WHEN NEW.excerpt = 'slow' BEGIN SELECT n FROM slow; END;
                        """)
            }
            try queue.close()
            // The answer comes after the request's own deadline.
            let id = TaskID.generate()
            let slow = Task { _ = try? await gateway.submit("slow", target: .cloud, task: id) }
            try await eventually("the write") { WriteLockHolder.process(path: path) == Int(first.pid) }
            let start = ContinuousClock.now
            try await eventually("its end", within: .seconds(90)) {
                (try? await gateway.view(id).state) == .queued
            }
            #expect(ContinuousClock.now - start > .seconds(2), "the write was too short to show anything")
            await slow.value
            #expect(first.ended == nil && second.ended == nil)
            #expect(second.stdout.lines.count { $0.hasPrefix("{\"endpoint\"") } == 0)
            #expect(!second.stderr.text.contains("it is ended"))
            await gateway.link.close()
            #expect(try await first.stop() == .exited(0))
            _ = try await Site.endpoint(second)
            #expect(try await second.stop() == .exited(0))
        }
    }

    @Test("A request that waited for a frozen leader is not answered from memory")
    func waitingRequest() async throws {
        let folder = try TemporaryDirectory()
        try await Rig.run(folder: folder) { rig in
            let task = try await rig.gateway.submit(target: .cloud).id
            let store = try await SQLiteTaskStore(
                directory: folder.file("data"), holder: .generate(), isLocked: false, now: Sample.now)
            // Within the time of its lease the old leader may still answer.
            #expect(try await rig.gateway.view(task).state == .queued)
            rig.leaseTime.advance(15)
            for ask in [
                { _ = try await rig.gateway.view(task) },
                { _ = try await rig.gateway.log(task) },
                { _ = try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 10)) },
                { _ = try await ScriptedExecutor(gateway: rig.gateway).connect() },
            ] as [() async throws -> Void] {
                let fault = await #expect(throws: Fault.self) { try await ask() }
                #expect(fault?.code == .notLeader)
            }
            await store.close()
        }
    }
}
