import Messages

/// How many bytes of events each owner has: what the store has counted, and what is in memory since.
struct LogUsage {
    private var bytes: [UserID: Int64] = [:]

    subscript(owner: UserID) -> Int64 { bytes[owner] ?? 0 }

    /// A task of an owner has written (or lost) events.
    mutating func add(_ count: Int64, of owner: UserID) { bytes[owner, default: 0] += count }

    /// Takes what the store has counted.
    /// - Parameter uncommitted: What is in memory and not counted there.
    mutating func load(_ stored: [UserID: Int64], uncommitted: [UserID: Int64] = [:]) {
        bytes = stored.merging(uncommitted) { $0 + $1 }
    }
}
