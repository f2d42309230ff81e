import GRDB
import Messages

/// The `log_usage` table: how many bytes of events the tasks of each owner have. A sum over the tasks would read all of them.
enum UsageTable {
    private static let count = """
        INSERT INTO log_usage (owner, partition, bytes)
        VALUES (?1, ?2, max(0, ?3 - coalesce((SELECT log_bytes FROM tasks WHERE id = ?4), 0)))
        ON CONFLICT (owner) DO UPDATE SET
        bytes = bytes + ?3 - coalesce((SELECT log_bytes FROM tasks WHERE id = ?4), 0)
        """

    /// Counts what a task has written since its row was written; call it before that.
    static func count(_ record: TaskRecord, _ db: Database) throws {
        try db.cachedStatement(sql: count)
            .execute(arguments: [record.owner.blob, record.partition.number, record.logBytes, record.id.blob])
    }

    /// Forgets what a task has written; call it before its row is deleted.
    static func forget(_ task: TaskID, _ db: Database) throws {
        let sql = """
            UPDATE log_usage SET bytes = max(0, bytes - (SELECT log_bytes FROM tasks WHERE id = ?1))
            WHERE owner = (SELECT owner FROM tasks WHERE id = ?1)
            """
        try db.cachedStatement(sql: sql).execute(arguments: [task.blob])
    }

    /// Returns the bytes of each owner.
    static func all(_ db: Database) throws -> [UserID: Int64] {
        var usage: [UserID: Int64] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT owner, bytes FROM log_usage") {
            usage[try UserID(row: row, 0)] = row[1]
        }
        return usage
    }
}
