import Messages

/// What one watcher of services has been told; it always gets the newest whole.
struct ServiceFeed: Sendable {
    private var told: UInt64?

    /// The next item, to be sent; nil when the watcher knows everything.
    mutating func next(_ table: ServiceTable, incarnation: Incarnation) -> ServiceChanges? {
        guard told != table.revision else { return nil }
        told = table.revision
        return table.changes(incarnation)
    }
}
