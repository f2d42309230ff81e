import Messages
import Storage

/// Deleting what is old, in steps that are short: a commit waits for at most one.
extension EventLog {
    /// Deletes tasks that ended before `time`, the oldest first and at most `limit`, and conversations that are empty
    /// then and have no title. Events and prompts go with ``sweepDeletions(rows:bytes:)``.
    /// - Returns: the tasks.
    func prune(endedBefore time: Timestamp, limit: Int) async throws -> [TaskID] {
        let epoch = epoch
        return try await store.write { db in
            try LeaseTable.check(epoch: epoch, db)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, ordinal, conversation FROM tasks WHERE ended_at IS NOT NULL AND ended_at < ?
                    ORDER BY ended_at LIMIT ?
                    """, arguments: [time.milliseconds, limit])
            var tasks: [TaskID] = []
            var conversations: Set<ConversationID> = []
            for row in rows {
                let task = try TaskID(row: row, 0)
                let ordinal = row[1] as Int64
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO deletions (task_id, ordinal) VALUES (?, ?)")
                    .execute(arguments: [task.blob, ordinal])
                try db.cachedStatement(sql: "DELETE FROM approvals WHERE task_id = ?").execute(arguments: [task.blob])
                try db.cachedStatement(sql: "DELETE FROM tasks WHERE ordinal = ?").execute(arguments: [ordinal])
                tasks.append(task)
                conversations.insert(try ConversationID(row: row, 2))
            }
            try ConversationTable.prune(conversations, db)
            return tasks
        }
    }

    /// Deletes the events of deleted tasks, at most `rows` of them and hardly more than `bytes`; and what is left of
    /// those that have no events any more.
    /// - Returns: whether there is more.
    func sweepDeletions(rows: Int, bytes: Int) async throws -> Bool {
        let epoch = epoch
        return try await store.write { db in
            try LeaseTable.check(epoch: epoch, db)
            var room = (rows: rows, bytes: bytes)
            while room.rows > 0, room.bytes > 0 {
                guard
                    let row = try Row.fetchOne(
                        db.cachedStatement(sql: "SELECT task_id, ordinal FROM deletions LIMIT 1"))
                else { return false }
                try Self.sweep(try TaskID(row: row, 0), ordinal: row[1], &room, db)
            }
            return true
        }
    }

    private static func sweep(
        _ task: TaskID, ordinal: Int64, _ room: inout (rows: Int, bytes: Int), _ db: Database
    ) throws {
        // The length of a payload is in the head of its row: the payload itself is not read.
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: "SELECT seq, length(payload) FROM events WHERE task_id = ? ORDER BY seq LIMIT ?"),
            arguments: [task.blob, room.rows])
        var last: Int64?
        while room.bytes > 0, let row = try rows.next() {
            last = row[0]
            room.rows -= 1
            room.bytes -= row[1] as Int
        }
        if let last {
            return try db.cachedStatement(sql: "DELETE FROM events WHERE task_id = ? AND seq <= ?")
                .execute(arguments: [task.blob, last])
        }
        try db.cachedStatement(sql: "DELETE FROM prompts WHERE ordinal = ?").execute(arguments: [ordinal])
        try db.cachedStatement(sql: "DELETE FROM attempts WHERE task_id = ?").execute(arguments: [task.blob])
        try db.cachedStatement(sql: "DELETE FROM deletions WHERE task_id = ?").execute(arguments: [task.blob])
        room.rows -= 1
    }
}
