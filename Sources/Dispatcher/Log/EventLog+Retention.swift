import GRDB
import Messages
import Storage

/// Deleting what is old, in steps that are short: a commit waits for at most one.
extension EventLog {
    /// Deletes tasks that ended before `time`, the oldest first and at most `limit`, and conversations that are empty
    /// then and have no title. What belongs to them goes with ``sweepDeletions(rows:bytes:)``.
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
                try db.cachedStatement(sql: "DELETE FROM tasks WHERE ordinal = ?").execute(arguments: [ordinal])
                tasks.append(task)
                conversations.insert(try ConversationID(row: row, 2))
            }
            try ConversationTable.prune(conversations, db)
            return tasks
        }
    }

    /// Deletes the events and permission requests of deleted tasks, at most `rows` of them and hardly more than `bytes`;
    /// and what is left of those that have none any more.
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
        let last = try Self.last(
            "SELECT seq, length(payload) FROM events WHERE task_id = ? ORDER BY seq LIMIT ?", task, &room, db
        ) {
            $0[0] as Int64
        }
        if let last {
            return try db.cachedStatement(sql: "DELETE FROM events WHERE task_id = ? AND seq <= ?")
                .execute(arguments: [task.blob, last])
        }
        let request = try Self.last(
            """
            SELECT attempt, request, length(input) FROM approvals WHERE task_id = ? ORDER BY attempt, request LIMIT ?
            """, task, &room, db
        ) { ($0[0] as Int64, $0[1] as String) }
        if let request {
            return try db.cachedStatement(
                sql: "DELETE FROM approvals WHERE task_id = ? AND (attempt, request) <= (?, ?)"
            ).execute(arguments: [task.blob, request.0, request.1])
        }
        room.bytes -=
            try Int.fetchOne(
                db.cachedStatement(sql: "SELECT length(prompt) FROM prompts WHERE ordinal = ?"), arguments: [ordinal])
            ?? 0
        try db.cachedStatement(sql: "DELETE FROM prompts WHERE ordinal = ?").execute(arguments: [ordinal])
        try db.cachedStatement(sql: "DELETE FROM attempts WHERE task_id = ?").execute(arguments: [task.blob])
        try db.cachedStatement(sql: "DELETE FROM deletions WHERE task_id = ?").execute(arguments: [task.blob])
        room.rows -= 1
    }

    /// The last of a task's rows that there is room for, whose length is their last column; nil = there are none.
    private static func last<Key>(
        _ sql: String, _ task: TaskID, _ room: inout (rows: Int, bytes: Int), _ db: Database, key: (Row) -> Key
    ) throws -> Key? {
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [task.blob, room.rows])
        var last: Key?
        while room.bytes > 0, let row = try rows.next() {
            last = key(row)
            room.rows -= 1
            room.bytes -= row[row.count - 1] as Int
        }
        return last
    }
}
