import GRDB
import Messages

/// Reads of the `tasks` table.
extension TaskRow {
    private static let isAlive = "state IN ('queued', 'assigned', 'running')"

    /// Returns the tasks of a partition that have not ended, in the order of acceptance.
    static func alive(_ partition: Partition, _ db: Database) throws -> [TaskRecord] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM tasks WHERE partition = ? AND \(isAlive) ORDER BY ordinal")
        let rows = try Row.fetchCursor(statement, arguments: [partition.number])
        var records: [TaskRecord] = []
        while let row = try rows.next() { records.append(try decode(row)) }
        return records
    }

    /// Returns a task of a conversation that has not ended; nil when all have. It looks at the partition's living tasks,
    /// which are few: a conversation may have a quarter of a million that have ended.
    static func alive(in conversation: ConversationID, of owner: UserID, _ db: Database) throws -> TaskID? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT id FROM tasks INDEXED BY tasks_alive WHERE partition = ? AND conversation = ? AND \(isAlive) LIMIT 1
                """,
            arguments: [Partition(owner: owner).number, conversation.blob]
        ).map { try TaskID(row: $0, 0) }
    }

    /// Returns the highest ordinal in a partition; 0 when it has no task.
    static func lastOrdinal(in partition: Partition, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT max(ordinal) FROM tasks WHERE partition = ?")
        return try Int64.fetchOne(statement, arguments: [partition.number]) ?? 0
    }

    /// Returns the owner of a task; nil when there is no such task.
    static func owner(of task: TaskID, _ db: Database) throws -> UserID? {
        let statement = try db.cachedStatement(sql: "SELECT owner FROM tasks WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [task.blob]).map { try UserID(row: $0, 0) }
    }

    /// Returns an owner's task; nil when the owner has no such task.
    static func one(_ id: TaskID, owner: UserID, _ db: Database) throws -> TaskRecord? {
        try Row.fetchOne(
            db, sql: "SELECT \(columns) FROM tasks WHERE id = ? AND owner = ?", arguments: [id.blob, owner.blob]
        ).map(decode)
    }

    /// Returns a page of an owner's tasks, newest first.
    static func page(_ list: TaskList, _ db: Database) throws -> TaskPage {
        var filter = "owner = ?"
        var values: [(any DatabaseValueConvertible)?] = [list.owner.blob]
        if !list.states.isEmpty {
            filter += " AND state IN (\(list.states.map { _ in "?" }.joined(separator: ", ")))"
            values += list.states.map(\.rawValue)
        }
        if let device = list.device {
            filter += " AND device = ?"
            values.append(device)
        }
        if let conversation = list.conversation {
            filter += " AND conversation = ?"
            values.append(conversation.blob)
        }
        let total = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM tasks WHERE \(filter)", arguments: StatementArguments(values))
        if let before = list.before {
            filter += " AND id < ?"
            values.append(before.blob)
        }
        let limit = min(max(list.limit, 1), 200)
        let rows = try Row.fetchAll(
            db, sql: "SELECT \(columns) FROM tasks WHERE \(filter) ORDER BY id DESC LIMIT \(limit + 1)",
            arguments: StatementArguments(values))
        let records = try rows.prefix(limit).map(decode)
        return TaskPage(records: records, next: rows.count > limit ? records.last?.id : nil, total: total ?? 0)
    }
}
