import GRDB
import Messages
import Storage

/// Which of an owner's conversations have a text in their title or in a prompt. Bounded in what is looked at and in
/// time, since it looks at every row: the newest are looked at first.
struct ConversationSearch {
    private let pattern: String
    private let owner: UserID
    var rows = DispatcherLimits.searched
    var time: Duration = .milliseconds(DispatcherLimits.searchMs)

    init(_ query: String, owner: UserID) {
        pattern = "%\(Self.escaped(query))%"
        self.owner = owner
    }

    /// Those that were found, the one with the newest task first.
    func run(_ db: Database) throws -> [ConversationPage.Cursor] {
        let end = ContinuousClock.now + time
        let matching = try prompts(db, until: end)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, updated_at, title LIKE ? ESCAPE '\\' FROM conversations WHERE owner = ?
                ORDER BY updated_at DESC, id DESC LIMIT \(rows)
                """, arguments: [pattern, owner.blob])
        var found: [ConversationPage.Cursor] = []
        // They are short, and those that were found are among them: no end but that of the rows.
        while let row = try rows.next() {
            let id = try ConversationID(row: row, 0)
            if row[2] as Bool? == true || matching.contains(id) {
                found.append(ConversationPage.Cursor(updated: row[1], id: id))
            }
        }
        return found
    }

    /// LIKE of SQLite takes the letters A to Z in either case.
    private func prompts(_ db: Database, until end: ContinuousClock.Instant) throws -> Set<ConversationID> {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT conversation, excerpt LIKE ?1 ESCAPE '\\' OR (
                    SELECT substr(prompt, 1, \(DispatcherLimits.searchedPrompt)) LIKE ?1 ESCAPE '\\'
                    FROM prompts WHERE prompts.ordinal = tasks.ordinal)
                FROM tasks WHERE owner = ?2 ORDER BY id DESC LIMIT \(rows)
                """, arguments: [pattern, owner.blob])
        var matching: Set<ConversationID> = []
        while ContinuousClock.now < end, let row = try rows.next() {
            if row[1] as Bool? == true { matching.insert(try ConversationID(row: row, 0)) }
        }
        return matching
    }

    /// A text that stands for itself in a pattern of LIKE.
    static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }
}
