import GRDB
import Messages
import Storage

/// What an earlier submission has left behind that a new one must be held against.
struct PriorSubmission: Sendable {
    /// Whose the task of the same id is.
    var taskOwner: UserID?
    /// The task that the same key made, and the digest of what was asked then.
    var keyed: (task: TaskID, digest: String)?
    /// Whose the conversation is.
    var conversationOwner: UserID?

    /// What the owner has set for tasks that say nothing.
    var defaults = Choices()

    /// Nothing known.
    init() {}

    /// Looks it up.
    init(_ submit: TaskSubmit, now: Timestamp, _ db: Database) throws {
        let task = try db.cachedStatement(sql: "SELECT owner FROM tasks WHERE id = ?")
        taskOwner = try Row.fetchOne(task, arguments: [submit.task.blob]).map { try UserID(row: $0, 0) }
        defaults = try DefaultsTable.get(submit.owner, db)
        if let conversation = submit.conversation {
            let statement = try db.cachedStatement(sql: "SELECT owner FROM conversations WHERE id = ?")
            conversationOwner = try Row.fetchOne(statement, arguments: [conversation.blob]).map {
                try UserID(row: $0, 0)
            }
        }
        if let key = submit.idempotencyKey {
            let statement = try db.cachedStatement(
                // The key of a task that was deleted is free again.
                sql: """
                    SELECT task_id, digest FROM idempotency WHERE owner = ? AND key = ? AND created_at > ?
                    AND EXISTS (SELECT 1 FROM tasks WHERE id = task_id)
                    """)
            let since = now.milliseconds - DispatcherLimits.idempotencyMs
            keyed = try Row.fetchOne(statement, arguments: [submit.owner.blob, key, since]).map {
                (try TaskID(row: $0, 0), $0[1])
            }
        }
    }
}
