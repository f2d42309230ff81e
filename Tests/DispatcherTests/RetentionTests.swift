import GRDB
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Retention: old tasks are deleted in short steps")
struct RetentionTests {
    @Test("Old tasks are deleted with their events, prompts and attempts")
    func oldTasks() async throws {
        try await Rig.run(retentionDays: 1) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let old = try await rig.turn("old", ["one"], on: executor)
            let named = try await rig.turn("named", on: executor)
            _ = try await rig.gateway.ask(
                ConversationRename(owner: Sample.owner, conversation: named.conversation, title: "Garden"))
            let goesOn = try await rig.turn("goes on", on: executor)
            await rig.pass(86_300)
            let young = try await rig.turn("young", on: executor)
            let follows = try await rig.turn("follows", on: executor, conversation: goesOn.conversation)
            let waits = try await rig.gateway.submit(target: .cloud, choices: Choices(queueTTLS: 2_000_000))
            let viewed = Mutex<Fault?>(nil)
            let peer = try await rig.gateway.link.connected()
            let subscription = peer.subscribe(
                EventsSubscribe(owner: Sample.owner, task: old.id, after: 0), credit: 0, onItem: { _ in },
                onEnd: { fault in viewed.withLock { $0 = fault } })
            try await eventually("the viewer") { await rig.server.service?.viewers.isWatched(old.id) == true }
            await rig.pass(3600)
            try await eventually("the deletion") {
                await code { _ = try await rig.gateway.view(old.id) } == .taskNotFound
            }
            try await eventually("the end of the stream") { viewed.withLock { $0?.code } == .taskNotFound }
            subscription.cancel()
            for task in [young, follows, waits] { _ = try await rig.gateway.view(task.id) }
            let list = try await rig.gateway.ask(ConversationList(owner: Sample.owner, limit: 10)).conversations
            #expect(
                Set(list.map(\.id))
                    == [named.conversation, goesOn.conversation, young.conversation, waits.conversation])
            let garden = try #require(list.first { $0.id == named.conversation })
            #expect(garden.title == "Garden" && garden.tasks == 0 && garden.lastTask == nil && garden.state == nil)
            // Its first prompt is gone: the next one is its title.
            #expect(list.first { $0.id == goesOn.conversation }?.title == "follows")
            try await eventually("the sweep") { try await rig.column("SELECT count(*) FROM deletions") == 0 }
            #expect(try await rig.column("SELECT count(DISTINCT task_id) FROM events") == 3)
            #expect(try await rig.column("SELECT count(*) FROM prompts") == 3)
            #expect(try await rig.column("SELECT count(*) FROM attempts") == 2)
        }
    }

    @Test("Without a retention nothing is deleted")
    func noRetention() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let old = try await rig.turn("old", on: executor)
            await rig.pass(1000 * 86_400)
            await rig.pass(10)
            _ = try await rig.gateway.submit(target: .cloud)
            #expect(try await rig.gateway.view(old.id).state == .completed)
        }
    }

    @Test("Expired keys go soon after the start, in steps")
    func keys() async throws {
        let folder = try TemporaryDirectory()
        let (store, _) = try await Self.filled(folder, tasks: 1, events: 1)
        let count = 2 * DispatcherLimits.sweptRows + 1
        try await store.file.write { db in
            for number in 0..<count {
                try db.execute(
                    sql:
                        "INSERT INTO idempotency (owner, key, digest, task_id, created_at) VALUES (x'00', ?, '', x'00', 1)",
                    arguments: ["\(number)"])
            }
        }
        await store.close()
        try await Rig.run(folder: folder) { rig in
            #expect(try await rig.column("SELECT count(*) FROM idempotency") == count)
            await rig.pass(2)
            try await eventually("the sweep") { try await rig.column("SELECT count(*) FROM idempotency") == 0 }
        }
    }

    @Test("A task for a conversation that is being deleted is refused until its last task is gone")
    func largeConversation() async throws {
        let folder = try TemporaryDirectory()
        let store = try await SQLiteTaskStore(
            directory: folder.file("data"), holder: .generate(), isLocked: true, now: Sample.now)
        let conversation = ConversationID.generate()
        var batch = CommitBatch()
        for number in 1...1000 {
            var record = Sample.record(ordinal: Int64(number), conversation: conversation)
            record.state = .completed
            record.endedAt = Sample.now
            batch.records.append(record)
            batch.creations[record.id] = CommitBatch.Creation(prompt: "p", key: nil, digest: "")
        }
        try await store.commit(batch)
        await store.close()
        try await Rig.run(folder: folder) { rig in
            _ = try await rig.gateway.ask(ConversationDelete(owner: Sample.owner, conversation: conversation))
            let refused = await fault { _ = try await rig.gateway.submit(target: .cloud, conversation: conversation) }
            #expect(refused == nil || refused?.code == .conflict)
            try await eventually("the deletion") {
                try await rig.column("SELECT count(*) FROM conversation_deletions") == 0
            }
            try await eventually("the sweep") { try await rig.column("SELECT count(*) FROM deletions") == 0 }
            #expect(try await rig.column("SELECT count(*) FROM tasks WHERE ended_at IS NOT NULL") == 0)
            _ = try await rig.gateway.submit(target: .cloud, conversation: conversation)
        }
    }

    /// Makes a store with `tasks` tasks that ended a second apart, of `events` events each.
    private static func filled(_ folder: TemporaryDirectory, tasks: Int, events: UInt64, bytes: Int = 100) async throws
        -> (SQLiteTaskStore, [TaskID])
    {
        let store = try await SQLiteTaskStore(
            directory: folder.file("data"), holder: .generate(), isLocked: true, now: Sample.now)
        var batch = CommitBatch()
        for number in 1...tasks {
            var record = Sample.record(ordinal: Int64(number))
            record.state = .completed
            record.endedAt = Sample.now.adding(seconds: Double(number))
            record.lastSeq = events
            batch.records.append(record)
            batch.creations[record.id] = CommitBatch.Creation(prompt: "p", key: nil, digest: "")
            for seq in 1...events {
                var event = Sample.event(record.id, seq, seq: seq)
                event.payload = Array(repeating: 0x20, count: bytes)
                batch.events.append(event)
            }
        }
        try await store.commit(batch)
        return (store, batch.records.map(\.id))
    }

    @Test("A step is bounded in rows, and the oldest tasks go first")
    func boundedRows() async throws {
        let folder = try TemporaryDirectory()
        let (store, tasks) = try await Self.filled(folder, tasks: 5, events: 30)
        let before = Sample.now.adding(seconds: 4.5)
        #expect(try await store.prune(endedBefore: before, limit: 3) == Array(tasks[..<3]))
        #expect(try await store.prune(endedBefore: before, limit: 3) == [tasks[3]])
        #expect(try await store.prune(endedBefore: before, limit: 3).isEmpty)
        #expect(try await store.task(tasks[0], owner: Sample.owner) == nil)
        #expect(try await store.task(tasks[4], owner: Sample.owner) != nil)
        func left() async throws -> Int {
            var left = 0
            for task in tasks { left += try await store.events(task, after: 0, limit: 1000, bytes: 1 << 20).count }
            return left
        }
        var more = true
        var steps = 0
        while more {
            let before = try await left()
            more = try await store.sweepDeletions(rows: 50, bytes: 1 << 20)
            let now = try await left()
            #expect(before - now <= 50)
            steps += 1
            try #require(steps < 20)
        }
        let rest = try await left()
        #expect(steps >= 3 && rest == 30)
        await store.close()
    }

    @Test("A step is bounded in bytes")
    func boundedBytes() async throws {
        let folder = try TemporaryDirectory()
        let (store, tasks) = try await Self.filled(folder, tasks: 1, events: 20, bytes: 100_000)
        _ = try await store.prune(endedBefore: Sample.now.adding(seconds: 2), limit: 1)
        #expect(try await store.sweepDeletions(rows: 1000, bytes: 250_000))
        #expect(try await store.events(tasks[0], after: 0, limit: 100, bytes: 1 << 30).map(\.seq) == Array(4...20))
        await store.close()
    }

    @Test("Permission requests of deleted tasks are hidden at once and removed in steps")
    func permissionRequests() async throws {
        let folder = try TemporaryDirectory()
        let (store, tasks) = try await Self.filled(folder, tasks: 2, events: 1)
        var batch = CommitBatch()
        for task in tasks {
            for number in 0..<10 { batch.approvals.append(Sample.approval("r\(number)", of: task)) }
        }
        try await store.commit(batch)
        let conversation = try #require(try await store.task(tasks[0], owner: Sample.owner)).record.conversation
        _ = try await store.delete(ConversationDelete(owner: Sample.owner, conversation: conversation))
        func rows() async throws -> Int? {
            try await store.file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM approvals") }
        }
        #expect(try await rows() == 20)
        #expect(try await store.approvals(ApprovalList(owner: Sample.owner, limit: 50)).total == 10)
        let deleted = ApprovalList(owner: Sample.owner, limit: 50, task: tasks[0])
        #expect(try await store.approvals(deleted).approvals.isEmpty)
        #expect(try await store.approval(batch.approvals[0].id, owner: Sample.owner) == nil)
        #expect(try await store.approval(batch.approvals[10].id, owner: Sample.owner) != nil)
        // One event and three requests; then one request, since a step removes at least one row.
        #expect(try await store.sweepDeletions(rows: 4, bytes: 1 << 20))
        #expect(try await rows() == 17)
        #expect(try await store.sweepDeletions(rows: 100, bytes: 1))
        #expect(try await rows() == 16)
        while try await store.sweepDeletions(rows: 4, bytes: 1 << 20) {}
        #expect(try await rows() == 10)
        await store.close()
    }

    @Test("A process that does not lead deletes nothing")
    func replacedLeader() async throws {
        let folder = try TemporaryDirectory()
        let (store, tasks) = try await Self.filled(folder, tasks: 1, events: 1)
        let next = try await SQLiteTaskStore(
            directory: folder.file("data"), holder: .generate(), isLocked: true, now: Sample.now)
        let later = Sample.now.adding(seconds: 9)
        #expect(await refusal { _ = try await store.prune(endedBefore: later, limit: 9) } == .notLeader)
        #expect(await refusal { _ = try await store.sweepDeletions(rows: 9, bytes: 9) } == .notLeader)
        let conversation = try #require(try await store.task(tasks[0], owner: Sample.owner)).record.conversation
        let delete = ConversationDelete(owner: Sample.owner, conversation: conversation)
        #expect(await refusal { _ = try await store.delete(delete) } == .notLeader)
        #expect(try await next.task(tasks[0], owner: Sample.owner) != nil)
        await store.close()
        await next.close()
    }

    @Test("A failed step is retried at the next sweep")
    func failedStep() async throws {
        try await Rig.run(retentionDays: 1) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let old = try await rig.turn("old", on: executor)
            try await rig.meddle(
                "CREATE TRIGGER refuse BEFORE DELETE ON tasks BEGIN SELECT RAISE(ABORT, 'refused'); END;")
            await rig.pass(90_000)
            try await eventually("the failed step") { await rig.server.service?.sweeper.isRunning == false }
            _ = try await rig.gateway.submit(target: .cloud)
            #expect(try await rig.gateway.view(old.id).state == .completed)
            try await rig.meddle("DROP TRIGGER refuse")
            await rig.pass(3601)
            try await eventually("the deletion") {
                await code { _ = try await rig.gateway.view(old.id) } == .taskNotFound
            }
        }
    }
}
