import GRDB

/// A queued write: its work, and the continuation of its caller.
struct PendingWrite: Sendable {
    /// Does the work, and returns the closure that resumes the caller with the result. It is called after the commit.
    var run: @Sendable (Database) throws -> @Sendable () -> Void
    /// Resumes the caller with an error: nothing was changed.
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
