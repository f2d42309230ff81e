import GRDB
import Messages

/// The `defaults` table: what each owner has set for tasks that choose nothing. An owner that has set nothing has no
/// row.
enum DefaultsTable {
    /// Returns what an owner has set.
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
