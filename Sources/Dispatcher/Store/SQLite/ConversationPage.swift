import GRDB
import Messages

/// Reads pages of an owner's conversations, the one with the newest task first.
enum ConversationPage {
    /// - Throws: ``TaskStoreError`` `invalidCursor`.
    static func read(_ list: ConversationList, _ db: Database) throws -> ConversationListing {
        let cursor = try list.before.map { text in
            guard let cursor = ConversationCursor(text) else {
                throw TaskStoreError(.invalidCursor, "'before' is not the 'next' of a page of conversations")
            }
            return cursor
        }
        let limit = min(max(list.limit, 1), 200)
        if let query = list.query {
            let found = try ConversationSearch(query, owner: list.owner).run(db)
            let rest = found.filter { cursor?.isBefore($0) != false }
            let page = rest.prefix(limit)
            return ConversationListing(
                conversations: try page.compactMap { try ConversationTable.view($0.id, owner: list.owner, db) },
                next: rest.count > limit ? page.last?.text : nil, total: found.count)
        }
        var filter = "c.owner = ?"
        var values: [(any DatabaseValueConvertible)?] = [list.owner.blob]
        let total =
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM conversations c WHERE \(filter)", arguments: StatementArguments(values))
            ?? 0
        if let cursor {
            filter += " AND (c.updated_at, c.id) < (?, ?)"
            values += [cursor.updated, cursor.id.blob]
        }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT c.id, c.updated_at FROM conversations c WHERE \(filter)
                ORDER BY c.updated_at DESC, c.id DESC LIMIT \(limit + 1)
                """, arguments: StatementArguments(values))
        let page = try rows.prefix(limit).map { ConversationCursor(updated: $0[1], id: try ConversationID(row: $0, 0)) }
        return ConversationListing(
            conversations: try page.compactMap { try ConversationTable.view($0.id, owner: list.owner, db) },
            next: rows.count > limit ? page.last?.text : nil, total: total)
    }
}
