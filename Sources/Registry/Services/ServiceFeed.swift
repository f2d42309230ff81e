import Messages

/// The revision that one service watcher has; each item is the whole table.
struct ServiceFeed: Sendable {
    private var sent: UInt64?

    /// Returns the next item to send; nil when the watcher is up to date.
    mutating func next(_ table: ServiceTable, incarnation: Incarnation) -> ServiceChanges? {
        guard sent != table.revision else { return nil }
        sent = table.revision
        return table.changes(incarnation)
    }
}
