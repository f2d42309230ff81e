import GRDB
import Messages

/// Finds an owner's conversations that have a text in their title or in a prompt. It reads every row, the newest first,
/// so it is bounded in rows and in time.
struct ConversationSearch {
    private let pattern: String
    private let owner: UserID
    var rows = DispatcherLimits.searched
    var time: Duration = .milliseconds(DispatcherLimits.searchMs)

    init(_ query: String, owner: UserID) {
        pattern = "%\(Self.escaped(query))%"
        self.owner = owner
    }

    /// Returns the matches, the one with the newest task first.
    func run(_ db: Database) throws -> [ConversationCursor] {
        let end = ContinuousClock.now + time
        let matching = try prompts(db, until: end)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, updated_at, title LIKE ? ESCAPE '\\' FROM conversations WHERE owner = ?
                ORDER BY updated_at DESC, id DESC LIMIT \(rows)
                """, arguments: [pattern, owner.blob])
        var found: [ConversationCursor] = []
        // Titles are short, and this loop also adds what the prompts matched: it is bounded by the rows alone.
        while let row = try rows.next() {
            let id = try ConversationID(row: row, 0)
            if row[2] as Bool? == true || matching.contains(id) {
                found.append(ConversationCursor(updated: row[1], id: id))
            }
        }
        return found
    }

    /// Returns the conversations with a matching prompt. SQLite's LIKE ignores the case of A to Z only.
    private func prompts(_ db: Database, until end: ContinuousClock.Instant) throws -> Set<ConversationID> {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT conversation, excerpt LIKE ?1 ESCAPE '\\' OR (
                    SELECT substr(prompt, 1, \(DispatcherLimits.searchedPrompt)) LIKE ?1 ESCAPE '\\'
                    FROM prompts WHERE prompts.task_id = tasks.id)
                FROM tasks WHERE owner = ?2 ORDER BY id DESC LIMIT \(rows)
                """, arguments: [pattern, owner.blob])
        var matching: Set<ConversationID> = []
        while ContinuousClock.now < end, let row = try rows.next() {
            if row[1] as Bool? == true { matching.insert(try ConversationID(row: row, 0)) }
        }
        return matching
    }

    /// Returns a LIKE pattern that matches the text itself.
    static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }
}
