import Messages

/// What is decided but not on disk: the next batch, the messages that follow its commit, and the callers that wait for it.
/// At most one batch is in flight.
///
/// Bounded by its sources: an executor by its unacknowledged window, a user by the length of the queue.
struct Committer {
    /// What follows the commit of a batch.
    struct FollowUp {
        fileprivate(set) var effects: [Effect] = []
        /// Coalesced per executor.
        fileprivate(set) var acks: [WorkerID: [AttemptID: UInt64]] = [:]
        fileprivate var waiters: [CheckedContinuation<Void, any Error>] = []

        /// Resumes the callers that wait for the commit.
        func resume() {
            for waiter in waiters { waiter.resume() }
        }
    }

    private var changed: Set<TaskID> = []
    private var creations: [TaskID: CommitBatch.Creation] = [:]
    private var events: [Event] = []
    private var approvals: [ApprovalID: ApprovalRecord] = [:]
    private var followUp = FollowUp()
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    /// Whether a commit is in flight or about to start.
    private(set) var isCommitting = false
    /// How many commits have failed. A change is lost when this has grown before it was committed.
    private(set) var failures: UInt64 = 0
    /// Why the store takes no write now, or did not the last time.
    private(set) var trouble: Fault?
    /// The pause before the store is tried again, in ms. It grows while each recovery ends in another failure.
    private(set) var recoveryPauseMs = DispatcherLimits.storagePauseMs

    /// Whether there is nothing to commit and nothing to send.
    var isEmpty: Bool {
        changed.isEmpty && events.isEmpty && followUp.effects.isEmpty && followUp.acks.isEmpty
            && followUp.waiters.isEmpty
    }

    // MARK: The next batch

    /// Commits the task's record as it is when the batch is cut.
    mutating func write(_ task: TaskID) { changed.insert(task) }

    /// Commits a new task.
    mutating func create(_ task: TaskID, _ creation: CommitBatch.Creation) {
        creations[task] = creation
        changed.insert(task)
    }

    /// Commits an event that has its seq; the caller commits the record, too.
    mutating func append(_ event: Event) { events.append(event) }

    /// Commits a permission request.
    mutating func put(_ approval: ApprovalRecord) { approvals[approval.id] = approval }

    /// Sends a message after the commit.
    mutating func send(_ effect: Effect) { followUp.effects.append(effect) }

    /// Acknowledges an attempt's events up to `seq` after the commit.
    mutating func acknowledge(_ attempt: AttemptID, _ seq: UInt64, to worker: WorkerID) {
        followUp.acks[worker, default: [:]][attempt] = seq
    }

    /// Resumes `waiter` after the commit.
    mutating func wait(_ waiter: CheckedContinuation<Void, any Error>) { followUp.waiters.append(waiter) }

    // MARK: Commits

    /// Claims the commit loop; false = it runs already.
    mutating func start() -> Bool {
        guard !isCommitting else { return false }
        isCommitting = true
        return true
    }

    /// Cuts the next batch: all that has accumulated.
    /// - Parameters:
    ///   - renews: Whether it renews the lease.
    ///   - record: Returns a task's record as it is now.
    mutating func cut(renews: Bool, record: (TaskID) -> TaskRecord?) -> (CommitBatch, FollowUp) {
        let batch = CommitBatch(
            records: changed.compactMap(record).sorted { $0.ordinal < $1.ordinal }, creations: creations,
            events: events, approvals: approvals.values.sorted { $0.id < $1.id }, renews: renews)
        let rest = followUp
        clear()
        return (batch, rest)
    }

    /// A batch is on disk.
    mutating func succeeded(_ batch: CommitBatch) {
        if !batch.records.isEmpty { recoveryPauseMs = DispatcherLimits.storagePauseMs }
    }

    /// The commit loop has ended.
    mutating func stop() {
        isCommitting = false
        resumeIdleWaiters()
    }

    /// Resumes `waiter` when no commit is in flight.
    mutating func whenIdle(_ waiter: CheckedContinuation<Void, Never>) {
        if isCommitting { idleWaiters.append(waiter) } else { waiter.resume() }
    }

    /// Resumes the callers of ``whenIdle(_:)`` although a commit is in flight.
    mutating func resumeIdleWaiters() {
        for waiter in idleWaiters { waiter.resume() }
        idleWaiters = []
    }

    // MARK: Failures

    /// Discards what is not on disk, and a failed batch with it, and fails the callers that wait.
    /// - Returns: the discarded submissions.
    mutating func fail(_ fault: Fault, _ failed: (CommitBatch, FollowUp)? = nil) -> [TaskID: CommitBatch.Creation] {
        failures += 1
        return discard(fault, failed)
    }

    /// As ``fail(_:_:)``, at a stop.
    @discardableResult
    mutating func discard(
        _ fault: Fault, _ failed: (CommitBatch, FollowUp)? = nil
    ) -> [TaskID: CommitBatch.Creation] {
        for waiter in (failed?.1.waiters ?? []) + followUp.waiters { waiter.resume(throwing: fault) }
        let lost = creations.merging(failed?.0.creations ?? [:]) { $1 }
        clear()
        return lost
    }

    /// Stores the reason why the store takes no write.
    /// - Returns: false when it is the same as before.
    mutating func setTrouble(_ fault: Fault) -> Bool {
        guard fault != trouble else { return false }
        trouble = fault
        return true
    }

    /// Lengthens the pause: a disk with room for a renewal may have none for a batch, and then each recovery ends in the
    /// next failure and costs a load and a window of every running attempt.
    mutating func lengthenPause() { recoveryPauseMs = min(recoveryPauseMs * 2, DispatcherLimits.longestRecoveryMs) }

    private mutating func clear() {
        changed = []
        creations = [:]
        events = []
        approvals = [:]
        followUp = FollowUp()
    }
}
