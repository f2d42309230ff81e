import GRDB
import Messages

/// The `conversations` table.
enum ConversationTable {
    private static let begin = """
        INSERT INTO conversations (id, partition, owner, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET updated_at = max(updated_at, excluded.updated_at)
        """

    /// Begins the conversation of a new task, or moves it to the head of its owner's list.
    static func put(_ record: TaskRecord, _ db: Database) throws {
        let now = record.createdAt.milliseconds
        try db.cachedStatement(sql: begin)
            .execute(arguments: [
                record.conversation.blob, record.partition.number, record.owner.blob, now, now,
            ])
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

    /// Sets or clears a title. False = the owner has no such conversation.
    static func rename(_ id: ConversationID, owner: UserID, title: String?, _ db: Database) throws -> Bool {
        try db.execute(
            sql: "UPDATE conversations SET title = ? WHERE id = ? AND owner = ?",
            arguments: [title, id.blob, owner.blob])
        return db.changesCount > 0
    }

    /// Returns its owner; nil when there is no such conversation.
    static func owner(of id: ConversationID, _ db: Database) throws -> UserID? {
        let statement = try db.cachedStatement(sql: "SELECT owner FROM conversations WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.blob]).map { try UserID(row: $0, 0) }
    }

    /// Deletes one with its first tasks; ``sweep(limit:_:)`` deletes the others, since a quarter of a million tasks in one
    /// transaction would block every commit for seconds.
    /// - Returns: the tasks that are gone.
    static func delete(_ id: ConversationID, owner: UserID, _ db: Database) throws -> [TaskID] {
        try db.execute(sql: "DELETE FROM conversations WHERE id = ?", arguments: [id.blob])
        let tasks = try DeletionTable.delete(tasksOf: id, limit: DispatcherLimits.prunedTasks, db)
        if tasks.count == DispatcherLimits.prunedTasks {
            try db.execute(
                sql: "INSERT OR IGNORE INTO conversation_deletions (id, partition) VALUES (?, ?)",
                arguments: [id.blob, Partition(owner: owner).number])
        }
        return tasks
    }

    /// Deletes tasks of one deleted conversation, at most `limit`.
    /// - Returns: the tasks, and whether there may be more.
    static func sweep(limit: Int, _ db: Database) throws -> (tasks: [TaskID], isLeft: Bool) {
        let next = try db.cachedStatement(sql: "SELECT id FROM conversation_deletions LIMIT 1")
        guard let row = try Row.fetchOne(next) else { return ([], false) }
        let id = try ConversationID(row: row, 0)
        let tasks = try DeletionTable.delete(tasksOf: id, limit: limit, db)
        if tasks.count < limit {
            try db.execute(sql: "DELETE FROM conversation_deletions WHERE id = ?", arguments: [id.blob])
        }
        return (tasks, true)
    }

    /// Returns whether a deleted conversation still has tasks.
    static func isBeingDeleted(_ id: ConversationID, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM conversation_deletions WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.blob]) != nil
    }

    /// Returns one as its owner sees it; nil when the owner has no such conversation.
    static func view(_ id: ConversationID, owner: UserID, _ db: Database) throws -> ConversationView? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT c.created_at, c.updated_at, c.title,
                (SELECT excerpt FROM tasks WHERE conversation = c.id ORDER BY ordinal LIMIT 1),
                (SELECT count(*) FROM tasks WHERE conversation = c.id), t.id, t.state, t.device, t.device_name
                FROM conversations c
                LEFT JOIN tasks t ON t.conversation = c.id
                AND t.ordinal = (SELECT max(ordinal) FROM tasks WHERE conversation = c.id)
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
