import GRDB
import Messages

extension SQLiteTaskStore {
    func conversations(_ list: ConversationList) async throws(TaskStoreError) -> ConversationListing {
        try await read { try ConversationPage.read(list, $0) }
    }

    func conversation(_ id: ConversationID, owner: UserID) async throws(TaskStoreError) -> ConversationView? {
        try await read { try ConversationTable.view(id, owner: owner, $0) }
    }

    func rename(_ message: ConversationRename) async throws(TaskStoreError) -> ConversationView? {
        try await writeAsLeader { db in
            guard
                try ConversationTable.rename(message.conversation, owner: message.owner, title: message.title, db)
            else { return nil }
            return try ConversationTable.view(message.conversation, owner: message.owner, db)
        }
    }

    func delete(_ message: ConversationDelete) async throws(TaskStoreError) -> ConversationDeletion {
        try await writeAsLeader { db in
            guard try ConversationTable.owner(of: message.conversation, db) == message.owner else { return .notFound }
            if let task = try TaskRow.alive(in: message.conversation, of: message.owner, db) { return .alive(task) }
            return .deleted(try ConversationTable.delete(message.conversation, owner: message.owner, db))
        }
    }
}
