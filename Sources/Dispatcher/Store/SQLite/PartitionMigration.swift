import GRDB
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Gives each row the partition of its owner, so that a store may have one leader for each partition: ordinals count
/// within a partition, and prompts and deletions no longer depend on them.
enum PartitionMigration {
    static func apply(_ db: Database) throws {
        db.add(function: partitionOf)
        defer { db.remove(function: partitionOf) }
        try db.execute(sql: prompts + deletions + tasks + others)
    }

    private static let partitionOf = DatabaseFunction("partition_of", argumentCount: 1, pure: true) { values in
        guard let owner = Data.fromDatabaseValue(values[0]).flatMap({ UserID(bytes: $0) }) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an owner is not 16 bytes")
        }
        return Partition(owner: owner).number
    }

    /// A rowid table: a prompt may have 1 MiB, too much for the cells of a table without rowids.
    private static let prompts = """
        CREATE TABLE new_prompts (task_id BLOB NOT NULL PRIMARY KEY, prompt TEXT NOT NULL);
        INSERT INTO new_prompts SELECT tasks.id, prompt FROM tasks JOIN prompts USING (ordinal) ORDER BY ordinal;
        INSERT OR IGNORE INTO new_prompts SELECT deletions.task_id, prompt FROM deletions JOIN prompts USING (ordinal);
        DROP TABLE prompts;
        ALTER TABLE new_prompts RENAME TO prompts;
        """

    /// The owner of a deleted task is known from its permission requests, if it has any; others count to partition 0.
    private static let deletions = """
        CREATE TABLE new_deletions (task_id BLOB PRIMARY KEY, partition INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO new_deletions SELECT task_id, coalesce(
            (SELECT partition_of(owner) FROM approvals WHERE approvals.task_id = deletions.task_id LIMIT 1), 0)
            FROM deletions;
        DROP TABLE deletions;
        ALTER TABLE new_deletions RENAME TO deletions;
        """

    /// Written anew, since the ordinal was the rowid.
    private static let tasks = """
        CREATE TABLE new_tasks (
            id BLOB NOT NULL PRIMARY KEY, partition INTEGER NOT NULL, ordinal INTEGER NOT NULL, owner BLOB NOT NULL,
            target TEXT NOT NULL, device TEXT, conversation BLOB NOT NULL, agent TEXT NOT NULL, excerpt TEXT NOT NULL,
            cwd TEXT, trace TEXT, created_at INTEGER NOT NULL, choices TEXT NOT NULL, retry_of BLOB,
            rank INTEGER NOT NULL, device_name TEXT, state TEXT NOT NULL, reason TEXT, queue_position INTEGER,
            error_code TEXT, error_message TEXT, attempt INTEGER NOT NULL, attempt_seq INTEGER NOT NULL,
            last_seq INTEGER NOT NULL, assigned_at INTEGER, started_at INTEGER, ended_at INTEGER,
            cancel_requested_at INTEGER, stalled_at INTEGER, queued_at INTEGER NOT NULL, requeues INTEGER NOT NULL,
            overdue TEXT, half_told INTEGER NOT NULL, UNIQUE (partition, ordinal));
        INSERT INTO new_tasks SELECT
            id, partition_of(owner), ordinal, owner, target, device, conversation, agent, excerpt, cwd, trace,
            created_at, choices, retry_of, rank, device_name, state, reason, queue_position, error_code, error_message,
            attempt, attempt_seq, last_seq, assigned_at, started_at, ended_at, cancel_requested_at, stalled_at,
            queued_at, requeues, overdue, half_told FROM tasks ORDER BY ordinal;
        DROP TABLE tasks;
        ALTER TABLE new_tasks RENAME TO tasks;
        CREATE INDEX tasks_by_owner ON tasks (owner, id);
        CREATE INDEX tasks_by_conversation ON tasks (conversation, id);
        CREATE INDEX tasks_in_line ON tasks (conversation, ordinal);
        CREATE INDEX tasks_alive ON tasks (partition, ordinal) WHERE state IN ('queued', 'assigned', 'running');
        CREATE INDEX tasks_ended ON tasks (ended_at) WHERE ended_at IS NOT NULL;
        """

    /// In `approvals` the column lies behind `input`, which may be many pages: no frequent query may read it.
    private static let others = """
        ALTER TABLE conversations ADD COLUMN partition INTEGER NOT NULL DEFAULT 0;
        UPDATE conversations SET partition = partition_of(owner);
        ALTER TABLE approvals ADD COLUMN partition INTEGER NOT NULL DEFAULT 0;
        UPDATE approvals SET partition = partition_of(owner);
        """
}
