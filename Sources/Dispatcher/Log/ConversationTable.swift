import GRDB
import Messages
import Storage

/// The `conversations` table, and what its tasks say of each.
enum ConversationTable {
    private static let begin = """
        INSERT INTO conversations (id, owner, created_at, updated_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET updated_at = max(updated_at, excluded.updated_at)
        """

    /// A task was accepted: its conversation begins or goes on.
    static func put(_ record: TaskRecord, _ db: Database) throws {
        let now = record.createdAt.milliseconds
        try db.cachedStatement(sql: begin)
            .execute(arguments: [record.conversation.blob, record.owner.blob, now, now])
    }

    /// Forgets conversations without a task and without a title.
    static func prune(_ conversations: some Sequence<ConversationID>, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM conversations WHERE id = ?1 AND title IS NULL
                AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation = ?1)
                """)
        for conversation in conversations { try statement.execute(arguments: [conversation.blob]) }
    }

    /// Names one; nil = the beginning of its first prompt again. False = the owner has none of this id.
    static func rename(_ id: ConversationID, owner: UserID, title: String?, _ db: Database) throws -> Bool {
        try db.execute(
            sql: "UPDATE conversations SET title = ? WHERE id = ? AND owner = ?",
            arguments: [title, id.blob, owner.blob])
        return db.changesCount > 0
    }

    /// Whether the owner has one of this id.
    static func exists(_ id: ConversationID, owner: UserID, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM conversations WHERE id = ? AND owner = ?)",
            arguments: [id.blob, owner.blob]) ?? false
    }

    /// One, as its owner sees it; nil = the owner has none of this id.
    static func view(_ id: ConversationID, owner: UserID, _ db: Database) throws -> ConversationView? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT c.created_at, c.updated_at, c.title,
                (SELECT excerpt FROM tasks WHERE conversation = c.id ORDER BY ordinal LIMIT 1),
                (SELECT count(*) FROM tasks WHERE conversation = c.id), t.id, t.state, t.device, t.device_name
                FROM conversations c
                LEFT JOIN tasks t ON t.ordinal = (SELECT max(ordinal) FROM tasks WHERE conversation = c.id)
                WHERE c.id = ? AND c.owner = ?
                """)
        return try Row.fetchOne(statement, arguments: [id.blob, owner.blob]).map { row in
            ConversationView(
                id: id, title: row[2] ?? row[3] ?? "", createdAt: Timestamp(milliseconds: row[0]),
                updatedAt: Timestamp(milliseconds: row[1]), tasks: row[4],
                lastTask: row.hasNull(atIndex: 5) ? nil : try TaskID(row: row, 5),
                state: (row[6] as String?).map(TaskState.init(rawValue:)), device: row[7], deviceName: row[8])
        }
    }
}
