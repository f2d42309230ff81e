import Messages

/// What one transaction writes: everything that arrived while the one before was on its way to the disk.
struct CommitBatch: Sendable {
    /// A task that is new.
    struct Creation: Sendable {
        let prompt: String
        /// Its idempotency key and digest, if it has one.
        let key: IdempotencyKey?
        let digest: String
    }

    /// Tasks that are new or have changed, as they are at the end of the batch.
    var records: [TaskRecord] = []
    /// What else is known of the new ones.
    var creations: [TaskID: Creation] = [:]
    /// New events, with their seq; in order for each task.
    var events: [Event] = []

    /// Permission requests that are new or have changed.
    var approvals: [Approval] = []

    /// Whether the lease is renewed with it; nil = not, else whether the leader holds the lock.
    var renewal: Bool?

    /// Whether there is nothing to write.
    var isEmpty: Bool { records.isEmpty && events.isEmpty && approvals.isEmpty && renewal == nil }
}

/// A client's name for a submission, unique per owner for 24 h.
struct IdempotencyKey: Hashable, Sendable {
    let owner: UserID
    let text: String
}
