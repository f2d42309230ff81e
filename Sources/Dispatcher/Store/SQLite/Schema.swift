import GRDB
import Messages
import Storage

/// The tables of `dispatcher.db`. Ids are blobs of 16 bytes, times are milliseconds since 1970.
enum Schema {
    /// All steps, oldest first. Steps are appended, never changed: their names are on disk.
    static let migrations = [
        SQLiteMigration("tasks and their log") { db in
            try db.execute(sql: leases + conversations + tasks + attempts + events + idempotency)
        },
        SQLiteMigration("whether the leader lives") { db in
            try db.execute(
                sql: """
                    CREATE TABLE leaders (
                        epoch INTEGER PRIMARY KEY, renewals INTEGER NOT NULL, locked INTEGER NOT NULL,
                        released INTEGER NOT NULL);
                    """)
        },
        SQLiteMigration("since when a task is stalled") { db in
            try db.execute(sql: "ALTER TABLE tasks ADD COLUMN stalled_at INTEGER")
        },
        SQLiteMigration("what people choose") { db in
            try db.execute(sql: choices + approvals + deletions)
        },
        SQLiteMigration("partitions") { try PartitionMigration.apply($0) },
        SQLiteMigration("why a task is in its queue") { try $0.execute(sql: placements) },
        SQLiteMigration("what a permission request offers") { try $0.execute(sql: approvalOffers) },
        SQLiteMigration("what a turn needs and leaves open") { try $0.execute(sql: turns) },
        SQLiteMigration("conversations that are being deleted") { try $0.execute(sql: conversationDeletions) },
        SQLiteMigration("how often a task was refused") {
            try $0.execute(sql: "ALTER TABLE tasks ADD COLUMN rejections INTEGER NOT NULL DEFAULT 0")
        },
        SQLiteMigration("how much tasks have written") { try $0.execute(sql: usage) },
    ]

    /// Returns whether a file has had every step.
    static func isCurrent(_ db: Database) throws -> Bool {
        guard try db.tableExists("grdb_migrations") else { return false }
        let applied = try Set(String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations"))
        return applied.isSuperset(of: migrations.map(\.name))
    }

    /// The epoch and holder of each partition.
    private static let leases = """
        CREATE TABLE leases (
            partition INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, holder BLOB NOT NULL, taken_at INTEGER NOT NULL);
        """

    /// From this step on, a task's device can change. The reason is a name of ``TaskPlacement/Reason``.
    private static let placements = """
        ALTER TABLE tasks ADD COLUMN placement_reason TEXT NOT NULL DEFAULT 'requested';
        UPDATE tasks SET placement_reason = 'default_device' WHERE target = 'default';
        """

    /// `terminal`, `waiting`, `open_work` and `messages` are JSON; NULL = none.
    private static let turns = """
        ALTER TABLE tasks ADD COLUMN terminal TEXT;
        ALTER TABLE tasks ADD COLUMN split_output INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tasks ADD COLUMN waiting TEXT;
        ALTER TABLE tasks ADD COLUMN resumes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tasks ADD COLUMN open_work TEXT;
        ALTER TABLE tasks ADD COLUMN messages TEXT;
        """

    private static let conversations = """
        CREATE TABLE conversations (id BLOB PRIMARY KEY, owner BLOB NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
        """

    /// Prompts have a table of their own: SQLite rewrites a whole row when a column changes, and a prompt may have 1 MiB.
    private static let tasks = """
        CREATE TABLE tasks (
            ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, owner BLOB NOT NULL, target TEXT NOT NULL,
            device TEXT, conversation BLOB NOT NULL, agent TEXT NOT NULL, excerpt TEXT NOT NULL, cwd TEXT, trace TEXT,
            created_at INTEGER NOT NULL, device_name TEXT, state TEXT NOT NULL, reason TEXT, queue_position INTEGER,
            error_code TEXT, error_message TEXT, attempt INTEGER NOT NULL, attempt_seq INTEGER NOT NULL,
            last_seq INTEGER NOT NULL, assigned_at INTEGER, started_at INTEGER, ended_at INTEGER,
            cancel_requested_at INTEGER);
        CREATE INDEX tasks_by_owner ON tasks (owner, id);
        CREATE INDEX tasks_by_conversation ON tasks (conversation, id);
        CREATE INDEX tasks_alive ON tasks (ordinal) WHERE state IN ('queued', 'assigned', 'running');
        CREATE TABLE prompts (ordinal INTEGER PRIMARY KEY, prompt TEXT NOT NULL);
        """

    private static let attempts = """
        CREATE TABLE attempts (
            task_id BLOB NOT NULL, attempt INTEGER NOT NULL, device TEXT, epoch INTEGER NOT NULL,
            last_seq INTEGER NOT NULL, assigned_at INTEGER, started_at INTEGER, ended_at INTEGER,
            PRIMARY KEY (task_id, attempt)) WITHOUT ROWID;
        """

    private static let events = """
        CREATE TABLE events (
            task_id BLOB NOT NULL, seq INTEGER NOT NULL, attempt INTEGER NOT NULL, attempt_seq INTEGER NOT NULL,
            kind INTEGER NOT NULL, flags INTEGER NOT NULL, time INTEGER NOT NULL, payload BLOB NOT NULL,
            PRIMARY KEY (task_id, seq)) WITHOUT ROWID;
        """

    /// Choices are JSON. Tasks from before this step have none: the dispatcher's defaults apply to them.
    /// `half_told`: whether the newest attempt's half-time warning was published. `overdue`: the limit that ended the task.
    private static let choices = """
        ALTER TABLE tasks ADD COLUMN choices TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE tasks ADD COLUMN retry_of BLOB;
        ALTER TABLE tasks ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tasks ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tasks ADD COLUMN requeues INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tasks ADD COLUMN overdue TEXT;
        ALTER TABLE tasks ADD COLUMN half_told INTEGER NOT NULL DEFAULT 0;
        UPDATE tasks SET rank = created_at, queued_at = created_at;
        ALTER TABLE conversations ADD COLUMN title TEXT;
        ALTER TABLE conversations ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
        UPDATE conversations SET updated_at = coalesce(
            (SELECT max(created_at) FROM tasks WHERE conversation = conversations.id), created_at);
        CREATE INDEX conversations_by_owner ON conversations (owner, updated_at, id);
        CREATE INDEX tasks_in_line ON tasks (conversation, ordinal);
        CREATE TABLE defaults (owner BLOB PRIMARY KEY, choices TEXT NOT NULL) WITHOUT ROWID;
        """

    /// Permission requests. `delivered`: whether the executor has reported that its agent no longer waits.
    /// The input is the last column: it may be many pages, which SQLite reads to reach a column behind it.
    private static let approvals = """
        CREATE TABLE approvals (
            id BLOB PRIMARY KEY, task_id BLOB NOT NULL, owner BLOB NOT NULL, attempt INTEGER NOT NULL,
            request TEXT NOT NULL, device TEXT, device_name TEXT, conversation BLOB NOT NULL, tool TEXT NOT NULL,
            title TEXT NOT NULL, rule TEXT, state TEXT NOT NULL, scope TEXT, message TEXT,
            requested_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, resolved_at INTEGER, resolved_by TEXT,
            answer BLOB, delivered INTEGER NOT NULL, input TEXT NOT NULL, UNIQUE (task_id, attempt, request)) WITHOUT ROWID;
        CREATE INDEX approvals_by_owner ON approvals (owner, id, state, task_id);
        CREATE INDEX approvals_by_attempt ON approvals (task_id, attempt, delivered, id);
        """

    /// Before this step a request offered no options; an executor that offers none takes neither an option nor an input nor
    /// answers. The columns lie behind `input`, which may be many pages: only requests that are read whole read them.
    private static let approvalOffers = """
        ALTER TABLE approvals ADD COLUMN input_cut INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE approvals ADD COLUMN options TEXT;
        ALTER TABLE approvals ADD COLUMN questions TEXT;
        ALTER TABLE approvals ADD COLUMN option TEXT;
        ALTER TABLE approvals ADD COLUMN answers TEXT;
        ALTER TABLE approvals ADD COLUMN updated_input TEXT;
        """

    /// Deleted tasks with events, attempts and prompts left, which are removed in steps: a million rows at once would block
    /// every commit.
    private static let deletions = """
        CREATE TABLE deletions (task_id BLOB PRIMARY KEY, ordinal INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX tasks_ended ON tasks (ended_at) WHERE ended_at IS NOT NULL;
        """

    /// Events from before this step are not counted: that would read all of them.
    private static let usage = """
        ALTER TABLE tasks ADD COLUMN log_bytes INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE log_usage (owner BLOB PRIMARY KEY, partition INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
        """

    /// Deleted conversations with tasks left, which are removed in steps for the same reason.
    private static let conversationDeletions = """
        CREATE TABLE conversation_deletions (id BLOB PRIMARY KEY, partition INTEGER NOT NULL) WITHOUT ROWID;
        """

    private static let idempotency = """
        CREATE TABLE idempotency (
            owner BLOB NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, task_id BLOB NOT NULL,
            created_at INTEGER NOT NULL, PRIMARY KEY (owner, key)) WITHOUT ROWID;
        CREATE INDEX idempotency_by_age ON idempotency (created_at);
        """
}
