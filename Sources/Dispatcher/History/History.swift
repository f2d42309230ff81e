import Messages

/// What an agent is handed of a conversation that it does not know.
struct History: Sendable, Equatable {
    /// Oldest first.
    var items: [HistoryItem] = []
    /// How many earlier turns are not there for room.
    var leftOut = 0
}
