import GRDB
import Messages

/// The `attempts` table.
enum AttemptTable {
    private static let upsert = """
        INSERT INTO attempts (task_id, attempt, device, epoch, last_seq, assigned_at, started_at, ended_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (task_id, attempt) DO UPDATE SET
        last_seq = excluded.last_seq, started_at = excluded.started_at, ended_at = excluded.ended_at
        """

    /// Writes the newest attempt of a task.
    static func put(_ record: TaskRecord, epoch: UInt64, _ db: Database) throws {
        try db.cachedStatement(sql: upsert).execute(arguments: [
            record.id.blob, Int64(record.attempt), record.device, Int64(bitPattern: epoch),
            Int64(bitPattern: record.attemptSeq),
            record.assignedAt?.milliseconds, record.startedAt?.milliseconds, record.endedAt?.milliseconds,
        ])
    }
}
