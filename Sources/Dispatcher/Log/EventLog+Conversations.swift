import GRDB
import Messages
import Storage

/// Conversations on disk.
extension EventLog {
    /// A page of an owner's.
    /// - Throws: ``Fault`` `invalid_request` for a cursor that is none.
    func conversations(_ list: ConversationList) async throws -> ConversationListing {
        try await store.read { try ConversationPage.read(list, $0) }
    }

    /// An owner's; nil when there is none.
    func conversation(_ id: ConversationID, owner: UserID) async throws -> ConversationView? {
        try await store.read { try ConversationTable.view(id, owner: owner, $0) }
    }

    /// Names one; nil = the owner has none of this id.
    func rename(_ message: ConversationRename) async throws -> ConversationView? {
        let epoch = epoch
        return try await store.write { db in
            try LeaseTable.check(epoch: epoch, db)
            guard
                try ConversationTable.rename(message.conversation, owner: message.owner, title: message.title, db)
            else { return nil }
            return try ConversationTable.view(message.conversation, owner: message.owner, db)
        }
    }

    /// Deletes one: from here on its tasks are not there; their events, permission requests and prompts go little by little.
    /// - Returns: the tasks; nil = the owner has none of this id.
    /// - Throws: ``Fault`` `conflict` while one of its tasks has not ended.
    func delete(_ message: ConversationDelete) async throws -> [TaskID]? {
        let epoch = epoch
        let id = message.conversation.blob
        return try await store.write { db in
            try LeaseTable.check(epoch: epoch, db)
            guard try ConversationTable.exists(message.conversation, owner: message.owner, db) else { return nil }
            let alive = try Row.fetchOne(
                db,
                sql: """
                    SELECT id FROM tasks WHERE conversation = ? AND state IN ('queued', 'assigned', 'running') LIMIT 1
                    """, arguments: [id])
            if let alive { throw Self.isAlive(try TaskID(row: alive, 0)) }
            let tasks = try Row.fetchAll(db, sql: "SELECT id FROM tasks WHERE conversation = ?", arguments: [id])
                .map { try TaskID(row: $0, 0) }
            try db.execute(
                sql: "INSERT INTO deletions (task_id, ordinal) SELECT id, ordinal FROM tasks WHERE conversation = ?",
                arguments: [id])
            try db.execute(sql: "DELETE FROM tasks WHERE conversation = ?", arguments: [id])
            try db.execute(sql: "DELETE FROM conversations WHERE id = ?", arguments: [id])
            return tasks
        }
    }

    /// Why a conversation is not deleted.
    static func isAlive(_ task: TaskID) -> Fault {
        Fault(
            .conflict, "task \(task) of this conversation has not ended; cancel it or wait for it, then delete again")
    }
}
