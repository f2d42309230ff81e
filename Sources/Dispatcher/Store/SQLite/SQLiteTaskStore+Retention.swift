import GRDB
import Messages

/// Deletes old tasks and expired keys in short steps: a commit waits for at most one.
extension SQLiteTaskStore {
    func prune(endedBefore time: Timestamp, limit: Int) async throws(TaskStoreError) -> [TaskID] {
        try await writeAsLeader { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, conversation FROM tasks WHERE ended_at IS NOT NULL AND ended_at < ?
                    ORDER BY ended_at LIMIT ?
                    """, arguments: [time.milliseconds, limit])
            let tasks = try rows.map { try TaskID(row: $0, 0) }
            for task in tasks { try DeletionTable.delete(task, db) }
            try ConversationTable.prune(Set(try rows.map { try ConversationID(row: $0, 1) }), db)
            return tasks
        }
    }

    func sweepDeletions(rows: Int, bytes: Int) async throws(TaskStoreError) -> Bool {
        try await writeAsLeader { db in
            var room = DeletionTable.Room(rows: rows, bytes: bytes)
            while room.isLeft {
                guard try DeletionTable.sweep(&room, db) else { return false }
            }
            return true
        }
    }

    func sweepConversations(limit: Int) async throws(TaskStoreError) -> (tasks: [TaskID], isLeft: Bool) {
        try await writeAsLeader { try ConversationTable.sweep(limit: limit, $0) }
    }

    func sweepKeys(before time: Timestamp, rows: Int) async throws(TaskStoreError) -> Bool {
        try await writeAsLeader { try IdempotencyTable.sweep(before: time, rows: rows, $0) }
    }
}
