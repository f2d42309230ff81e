import GRDB

/// A write that was handed in: its work, and its caller who waits.
struct PendingWrite: Sendable {
    /// Does the work and returns what tells the caller its value, to be called after the commit.
    var run: @Sendable (Database) throws -> @Sendable () -> Void
    /// Tells the caller that nothing was changed.
    var fail: @Sendable (any Error) -> Void

    init<T: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> T, _ caller: CheckedContinuation<T, any Error>
    ) {
        run = { database in
            let value = try work(database)
            return { caller.resume(returning: value) }
        }
        fail = { caller.resume(throwing: $0) }
    }
}
