import Messages

/// The earlier turns of a conversation, for an agent that does not know them.
struct History: Sendable, Equatable {
    /// Oldest first.
    var items: [HistoryItem] = []
    /// How many earlier turns did not fit.
    var leftOut = 0
}
