import GRDB
import Messages

/// The `idempotency` table.
enum IdempotencyTable {
    /// Writes the key of a new task, over an expired one of the same text.
    static func put(_ key: IdempotencyKey, digest: String, of record: TaskRecord, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO idempotency (owner, key, digest, task_id, created_at) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [key.owner.blob, key.text, digest, record.id.blob, record.createdAt.milliseconds])
    }

    /// Returns the task of a key that has not expired, and the digest of its request. The key of a deleted task is free.
    static func task(
        of key: IdempotencyKey, now: Timestamp, _ db: Database
    ) throws -> (task: TaskID, digest: String)? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT task_id, digest FROM idempotency WHERE owner = ? AND key = ? AND created_at > ?
                AND EXISTS (SELECT 1 FROM tasks WHERE id = task_id)
                """)
        let since = now.milliseconds - DispatcherLimits.idempotencyMs
        return try Row.fetchOne(statement, arguments: [key.owner.blob, key.text, since]).map {
            (try TaskID(row: $0, 0), $0[1])
        }
    }

    /// Forgets keys from before `time`, the oldest first and at most `rows`.
    /// - Returns: whether there may be more.
    static func sweep(before time: Timestamp, rows: Int, _ db: Database) throws -> Bool {
        let keys = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT owner, key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?"),
            arguments: [time.milliseconds, rows])
        let delete = try db.cachedStatement(sql: "DELETE FROM idempotency WHERE owner = ? AND key = ?")
        for key in keys { try delete.execute(arguments: [key[0] as DatabaseValue, key[1] as DatabaseValue]) }
        return keys.count == rows
    }
}
