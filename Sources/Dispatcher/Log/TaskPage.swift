import GRDB
import Messages
import Storage

/// A page of an owner's tasks, newest first.
struct TaskPage: Sendable {
    var records: [TaskRecord] = []
    /// Where the next page begins; nil = this was the last one.
    var next: TaskID?
    /// How many match on all pages.
    var total: Int

    init(_ list: TaskList, _ db: Database) throws {
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
        total =
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM tasks WHERE \(filter)", arguments: StatementArguments(values)) ?? 0
        if let before = list.before {
            filter += " AND id < ?"
            values.append(before.blob)
        }
        let limit = min(max(list.limit, 1), 200)
        let rows = try Row.fetchAll(
            db, sql: "SELECT \(TaskRow.columns) FROM tasks WHERE \(filter) ORDER BY id DESC LIMIT \(limit + 1)",
            arguments: StatementArguments(values))
        records = try rows.prefix(limit).map(TaskRow.decode)
        next = rows.count > limit ? records.last?.id : nil
    }
}
