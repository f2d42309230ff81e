import GRDB
import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("A stop with a commit in flight", .timeLimit(.minutes(2)))
struct DrainTests {
    /// Locks the database as another process would, until ``unlock(_:)``.
    private static func hold(_ rig: Rig) async throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: rig.folder.file("data/dispatcher.db"), configuration: configuration)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        return queue
    }

    private static func unlock(_ queue: DatabaseQueue) async throws {
        try await queue.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    }

    /// Returns the tasks on disk.
    private static func stored(_ rig: Rig) async throws -> [TaskID] {
        let store = try await SQLiteTaskStore(
            directory: rig.folder.file("data"), holder: .generate(), isLocked: true, now: Sample.now)
        let records = try await store.alive(Partition.all).flatMap(\.records)
        await store.close()
        return records.map(\.id)
    }

    @Test("A stop commits and answers what was decided, and takes nothing new")
    func drain() async throws {
        try await Rig.run { rig in
            let queue = try await Self.hold(rig)
            let id = TaskID.generate()
            async let submitted = rig.gateway.submit(target: .cloud, task: id)
            try await eventually("the commit") { await rig.server.service?.committer.isCommitting == true }
            let service = try #require(rig.server.service)
            async let stopped: Void = rig.server.stop()
            try await eventually("the stop") { await service.phase == .stopping }
            let fault = await #expect(throws: Fault.self) { try await rig.gateway.submit(target: .cloud) }
            #expect(fault?.code == .unavailable)
            try await Self.unlock(queue)
            #expect(try await submitted.state == .queued)
            await stopped
            #expect(try await Self.stored(rig) == [id])
        }
    }

    @Test("A stop ends although the store takes no write, and refuses what was decided")
    func drainTimeout() async throws {
        try await Rig.run { rig in
            let queue = try await Self.hold(rig)
            let submitted = Task { try await rig.gateway.submit(target: .cloud) }
            try await eventually("the commit") { await rig.server.service?.committer.isCommitting == true }
            await rig.server.stop()
            let fault = await #expect(throws: Fault.self) { try await submitted.value }
            #expect(fault?.code == .unavailable)
            try await Self.unlock(queue)
            #expect(try await Self.stored(rig) == [])
        }
    }

    @Test("A commit that fails during a stop leaves nothing of it on disk, and nothing that was decided after it")
    func drainFailure() async throws {
        try await Rig.run { rig in
            let queue = try await Self.hold(rig)
            let service = try #require(rig.server.service)
            let first = Task { try await rig.gateway.submit(target: .cloud) }
            try await eventually("the commit") {
                let committer = await service.committer
                return committer.isCommitting && committer.isEmpty
            }
            let second = Task { try await rig.gateway.submit(target: .cloud) }
            try await eventually("the second submission") { await !service.committer.isEmpty }
            async let stopped: Void = rig.server.stop()
            try await eventually("the stop") { await service.phase == .stopping }
            // The store waits for the lock in vain. From then on it would take a write.
            try await eventually("the failure", within: .seconds(20)) { await service.committer.failures == 1 }
            try await Self.unlock(queue)
            for submitted in [first, second] { await #expect(throws: Fault.self) { try await submitted.value } }
            await stopped
            let events = try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM events") }
            #expect(events == 0)
            #expect(try await Self.stored(rig) == [])
        }
    }

    @Test(
        "Times that are out of range end the program with code 64",
        arguments: [
            ["--grace-s", "-1"], ["--lease-s", "999999"], ["--takeover-s", "0"], ["--takeover-s", "4000"],
            ["--drain-s", "601"], ["--drain-s", "soon"],
        ])
    func flags(_ flags: [String]) async throws {
        let folder = try TemporaryDirectory()
        let dispatcher = try ChildProcess(
            Binaries.dispatcher, ["--data", folder.file("data"), "--bind", "ipc://\(folder.file("socket"))"] + flags)
        #expect(try await dispatcher.exit() == .exited(64))
        #expect(dispatcher.stderr.text.contains(flags[0].dropFirst(2)))
    }
}
