import GRDB
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The `prompts` table.
enum PromptTable {
    /// Writes the prompt of a new task. SQLite ends a bound text at U+0000, but not bytes that it takes for text.
    static func put(_ prompt: String, of task: TaskID, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO prompts (task_id, prompt) VALUES (?, CAST(? AS TEXT))")
            .execute(arguments: [task.blob, Data(prompt.utf8)])
    }

    /// Returns the prompt of a task; empty when there is none.
    static func get(_ task: TaskID, _ db: Database) throws -> String {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT prompt FROM prompts WHERE task_id = ?"), arguments: [task.blob])
        guard let row = try rows.next() else { return "" }
        return try row.withUnsafeData(atIndex: 0) { $0.map { String(decoding: $0, as: UTF8.self) } ?? "" }
    }

    /// Removes the prompt of a deleted task.
    /// - Returns: its length in characters; 0 when there is none.
    static func delete(_ task: TaskID, _ db: Database) throws -> Int {
        let length = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT length(prompt) FROM prompts WHERE task_id = ?"), arguments: [task.blob])
        try db.cachedStatement(sql: "DELETE FROM prompts WHERE task_id = ?").execute(arguments: [task.blob])
        return length ?? 0
    }
}
