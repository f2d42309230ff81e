import Messages

/// A place in an owner's conversations, ordered by newest task: behind the one with this id and time.
struct ConversationCursor: Equatable, Sendable {
    /// When its newest task was accepted, in ms since 1970.
    let updated: Int64
    let id: ConversationID

    init(updated: Int64, id: ConversationID) {
        self.updated = updated
        self.id = id
    }

    /// Reads `UPDATED.ID`; nil when the text has another form.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let updated = Int64(parts[0]), let id = ConversationID(String(parts[1])) else {
            return nil
        }
        self.init(updated: updated, id: id)
    }

    var text: String { "\(updated).\(id)" }

    /// Whether the other one is on a later page.
    func isBefore(_ other: Self) -> Bool { (other.updated, other.id) < (updated, id) }
}
