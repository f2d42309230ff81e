import GRDB
import Messages
import Storage
import TestSupport
import Testing

@testable import Dispatcher
@testable import StoreConformance

/// A database of the schema before partitions is brought up to date with all that it holds.
@Suite("The migration to partitions")
struct PartitionMigrationTests {
    private let alive = TaskID.generate()
    private let ended = TaskID.generate()
    private let other = TaskID.generate()
    /// Deleted, and not swept: a task with a permission request, which names its owner, and one without.
    private let gone = TaskID.generate()
    private let lost = TaskID.generate()
    private let conversation = ConversationID.generate()
    private let owner = Sample.owner
    private let stranger = Fixture(owner: Sample.owner).stranger()
    private let approval = ApprovalID.generate()

    /// Fills a database with the schema of before.
    private func makeOld(_ path: String) async throws {
        let store = try await Store(path: path, migrations: Array(Schema.migrations.prefix(4)))
        try await store.write { db in
            func task(_ id: TaskID, _ ordinal: Int, _ owner: UserID, _ state: String) throws {
                try db.execute(
                    sql: """
                        INSERT INTO tasks (ordinal, id, owner, target, device, conversation, agent, excerpt, created_at,
                        state, attempt, attempt_seq, last_seq, ended_at, choices, rank, queued_at)
                        VALUES (?, ?, ?, 'device:box', 'box', ?, 'shell', 'excerpt', 5, ?, 1, 2, 3, ?, '{}', 7, 8)
                        """,
                    arguments: [
                        ordinal, id.blob, owner.blob, conversation.blob, state, state == "completed" ? 9 : nil,
                    ])
            }
            try task(ended, 1, owner, "completed")
            try task(other, 2, stranger, "queued")
            try task(alive, 5, owner, "running")
            for (id, ordinal) in [(ended, 1), (other, 2), (gone, 3), (lost, 4), (alive, 5)] {
                try db.execute(
                    sql: "INSERT INTO prompts (ordinal, prompt) VALUES (?, ?)", arguments: [ordinal, "prompt \(id)"])
                try db.execute(
                    sql: "INSERT INTO events VALUES (?, 1, 1, 1, 1, 0, 1, x'7b7d')", arguments: [id.blob])
            }
            for (id, ordinal) in [(gone, 3), (lost, 4)] {
                try db.execute(sql: "INSERT INTO deletions VALUES (?, ?)", arguments: [id.blob, ordinal])
            }
            for (id, task) in [(approval, alive), (ApprovalID.generate(), gone)] {
                try db.execute(
                    sql: """
                        INSERT INTO approvals (id, task_id, owner, attempt, request, conversation, tool, title, state,
                        requested_at, expires_at, delivered, input)
                        VALUES (?, ?, ?, 1, 'r', ?, 'Bash', 'Run', 'pending', 1, 2, 0, '{}')
                        """, arguments: [id.blob, task.blob, owner.blob, conversation.blob])
            }
            try db.execute(
                sql: "INSERT INTO conversations VALUES (?, ?, 4, 'title', 5)",
                arguments: [conversation.blob, owner.blob])
        }
        await store.close()
    }

    @Test("Records, prompts, permission requests and deletions keep what they had and get their partition")
    func migrates() async throws {
        let folder = try TemporaryDirectory()
        try await makeOld(SQLiteTaskStore.path(in: folder.path))
        let store = try await SQLiteTaskStore(
            directory: folder.path, holder: .generate(), isLocked: true, now: Sample.now)
        let found = try #require(try await store.task(alive, owner: owner))
        #expect(found.prompt == "prompt \(alive)" && found.record.ordinal == 5 && found.record.attemptSeq == 2)
        #expect(found.record.rank == 7 && found.record.queuedAt.milliseconds == 8 && found.record.lastSeq == 3)
        #expect(try await store.task(ended, owner: owner)?.record.endedAt?.milliseconds == 9)
        #expect(try await store.task(other, owner: stranger)?.prompt == "prompt \(other)")
        #expect(try await store.conversation(conversation, owner: owner)?.title == "title")
        #expect(try await store.approvals(ApprovalList(owner: owner, limit: 9)).approvals.map(\.id) == [approval])
        let living = try await store.alive([Partition(owner: owner), Partition(owner: stranger)])
        #expect(living.map(\.lastOrdinal) == [5, 2])
        #expect(living[0].records.map(\.id) == [alive] && living[1].records.map(\.id) == [other])
        try await expectPartitions(store)
        while try await store.sweepDeletions(rows: 100, bytes: 1 << 20) {}
        #expect(try await store.file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM prompts") } == 3)
        #expect(try await store.file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM events") } == 3)
        await store.close()
        // The file opens again with nothing to be done.
        let again = try await SQLiteTaskStore(
            directory: folder.path, holder: .generate(), isLocked: true, now: Sample.now)
        #expect(try await again.task(alive, owner: owner)?.record == found.record)
        await again.close()
    }

    private func expectPartitions(_ store: SQLiteTaskStore) async throws {
        let mine = Partition(owner: owner).number
        func partition(_ sql: String, _ id: some DatabaseValueConvertible & Sendable) async throws -> Int? {
            try await store.file.read { try Int.fetchOne($0, sql: sql, arguments: [id]) }
        }
        #expect(try await partition("SELECT partition FROM tasks WHERE id = ?", alive.blob) == mine)
        #expect(try await partition("SELECT partition FROM conversations WHERE id = ?", conversation.blob) == mine)
        #expect(try await partition("SELECT partition FROM approvals WHERE id = ?", approval.blob) == mine)
        #expect(try await partition("SELECT partition FROM deletions WHERE task_id = ?", gone.blob) == mine)
        #expect(try await partition("SELECT partition FROM deletions WHERE task_id = ?", lost.blob) == 0)
    }
}
