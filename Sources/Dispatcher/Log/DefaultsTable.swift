import GRDB
import Messages
import Storage

/// What each owner's tasks choose where they say nothing. An owner who has set nothing has no row.
enum DefaultsTable {
    /// What an owner has set.
    static func get(_ owner: UserID, _ db: Database) throws -> Choices {
        let statement = try db.cachedStatement(sql: "SELECT choices FROM defaults WHERE owner = ?")
        return try String.fetchOne(statement, arguments: [owner.blob]).map(ChoicesColumn.decode) ?? Choices()
    }

    /// Replaces what an owner has set.
    static func put(_ choices: Choices, owner: UserID, _ db: Database) throws {
        guard choices != Choices() else {
            return try db.execute(sql: "DELETE FROM defaults WHERE owner = ?", arguments: [owner.blob])
        }
        try db.execute(
            sql: "INSERT OR REPLACE INTO defaults (owner, choices) VALUES (?, ?)",
            arguments: [owner.blob, try ChoicesColumn.encode(choices)])
    }
}

extension EventLog {
    /// What an owner has set.
    func defaults(of owner: UserID) async throws -> Choices {
        try await store.read { try DefaultsTable.get(owner, $0) }
    }

    /// Changes what an owner has set, and returns it once it is on disk.
    /// - Throws: ``Fault`` `not_leader`, or what the store says.
    func setDefaults(_ message: DefaultsSet) async throws -> Choices {
        let epoch = epoch
        return try await store.write { db in
            try LeaseTable.check(epoch: epoch, db)
            let known = try DefaultsTable.get(message.owner, db)
            let choices = message.set.filled(from: known.without(message.clear))
            try DefaultsTable.put(choices, owner: message.owner, db)
            return choices
        }
    }
}
