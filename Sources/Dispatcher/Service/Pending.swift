import Messages

/// Everything that has happened and is not on its way to the disk yet: the next batch, and what follows its commit.
///
/// Bounded by its sources: an executor stops at its unacknowledged window, a user at the length of the queue.
struct Pending {
    /// Tasks that have changed.
    var dirty: Set<TaskID> = []
    /// What is new.
    var creations: [TaskID: CommitBatch.Creation] = [:]
    /// Events with their seq.
    var events: [Event] = []
    /// Permission requests that are new or have changed.
    var approvals: [ApprovalID: Approval] = [:]
    /// Tasks that wait and have not been told where and why.
    var untold: Set<TaskID> = []
    /// Queues whose waiting tasks may have another place or reason.
    var moved: Set<QueueKey> = []
    /// Messages to send afterwards.
    var effects: [Effect] = []
    /// Acknowledgements to send afterwards, coalesced.
    var acks: [QueueKey: [AttemptID: UInt64]] = [:]
    /// Who waits for the commit.
    var waiters: [CheckedContinuation<Void, any Error>] = []

    /// Whether there is nothing to do.
    var isEmpty: Bool {
        dirty.isEmpty && events.isEmpty && effects.isEmpty && acks.isEmpty && waiters.isEmpty && moved.isEmpty
            && untold.isEmpty
    }
}
