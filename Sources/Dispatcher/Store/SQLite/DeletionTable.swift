import GRDB
import Messages

/// The `deletions` table: deleted tasks with events, permission requests, attempts or a prompt left, which are removed in
/// short steps.
enum DeletionTable {
    /// What a step may still remove.
    struct Room {
        var rows: Int
        var bytes: Int
        var isLeft: Bool { rows > 0 && bytes > 0 }
    }

    /// Deletes a task, and leaves the rest of it to ``sweep(_:_:)``.
    static func delete(_ task: TaskID, _ db: Database) throws {
        let move = "INSERT OR IGNORE INTO deletions (task_id, partition) SELECT id, partition FROM tasks WHERE id = ?"
        try db.cachedStatement(sql: move).execute(arguments: [task.blob])
        try UsageTable.forget(task, db)
        try db.cachedStatement(sql: "DELETE FROM tasks WHERE id = ?").execute(arguments: [task.blob])
    }

    /// Deletes tasks of a conversation likewise, at most `limit`.
    /// - Returns: the tasks.
    static func delete(tasksOf conversation: ConversationID, limit: Int, _ db: Database) throws -> [TaskID] {
        let statement = try db.cachedStatement(sql: "SELECT id FROM tasks WHERE conversation = ? LIMIT ?")
        let tasks = try Row.fetchAll(statement, arguments: [conversation.blob, limit]).map { try TaskID(row: $0, 0) }
        for task in tasks { try delete(task, db) }
        return tasks
    }

    /// Removes the remaining rows of one deleted task, as many as `room` allows.
    /// - Returns: false when there is no deleted task.
    static func sweep(_ room: inout Room, _ db: Database) throws -> Bool {
        guard let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT task_id FROM deletions LIMIT 1")) else {
            return false
        }
        let task = try TaskID(row: row, 0)
        if try sweepEvents(of: task, &room, db) || sweepApprovals(of: task, &room, db) { return true }
        room.bytes -= try PromptTable.delete(task, db)
        try db.cachedStatement(sql: "DELETE FROM attempts WHERE task_id = ?").execute(arguments: [task.blob])
        try db.cachedStatement(sql: "DELETE FROM deletions WHERE task_id = ?").execute(arguments: [task.blob])
        room.rows -= 1
        return true
    }

    /// Returns whether there were any.
    private static func sweepEvents(of task: TaskID, _ room: inout Room, _ db: Database) throws -> Bool {
        // The length of a payload is in the header of its row: the payload itself is not read.
        let last = try last(
            "SELECT seq, length(payload) FROM events WHERE task_id = ? ORDER BY seq LIMIT ?", task, &room, db
        ) { $0[0] as Int64 }
        guard let last else { return false }
        try db.cachedStatement(sql: "DELETE FROM events WHERE task_id = ? AND seq <= ?")
            .execute(arguments: [task.blob, last])
        return true
    }

    /// Returns whether there were any.
    private static func sweepApprovals(of task: TaskID, _ room: inout Room, _ db: Database) throws -> Bool {
        let last = try last(
            """
            SELECT attempt, request, length(input) FROM approvals WHERE task_id = ? ORDER BY attempt, request LIMIT ?
            """, task, &room, db
        ) { ($0[0] as Int64, $0[1] as String) }
        guard let last else { return false }
        try db.cachedStatement(sql: "DELETE FROM approvals WHERE task_id = ? AND (attempt, request) <= (?, ?)")
            .execute(arguments: [task.blob, last.0, last.1])
        return true
    }

    /// Returns the key of the last row of a task that there is room for; nil when there is no row. The last column of a
    /// row is its length.
    private static func last<Key>(
        _ sql: String, _ task: TaskID, _ room: inout Room, _ db: Database, key: (Row) -> Key
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
