import Messages

/// What one transaction writes: everything that arrived while the previous one was being written.
struct CommitBatch: Sendable {
    /// The fields of a new task that are stored outside its record.
    struct Creation: Sendable {
        let prompt: String
        /// Its idempotency key and digest, if it has one.
        let key: IdempotencyKey?
        let digest: String
    }

    /// Tasks that are new or have changed, as they are at the end of the batch.
    var records: [TaskRecord] = []
    /// The new ones among them.
    var creations: [TaskID: Creation] = [:]
    /// New events with their seq, in order for each task.
    var events: [Event] = []

    /// Permission requests that are new or have changed.
    var approvals: [ApprovalRecord] = []

    /// Whether it renews the lease.
    var renews = false

    /// Whether there is nothing to write.
    var isEmpty: Bool { records.isEmpty && events.isEmpty && approvals.isEmpty && !renews }
}

/// A client's name for a submission, unique per owner for 24 h.
struct IdempotencyKey: Hashable, Sendable {
    let owner: UserID
    let text: String
}
