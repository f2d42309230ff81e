import Messages

/// What is decided but not on disk: the next batches, the messages that follow their commits, and the callers that wait for
/// them. At most one batch is in flight.
///
/// Bounded by its sources: an executor by the window of each attempt, which ``LiveTask/hasRoom(for:)`` enforces, a user by
/// the length of the queue.
struct Committer {
    private var queue = CommitQueue()
    /// What waits for no task in particular: it follows the next batch.
    private var loose = CommitCut()
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    /// Whether a commit is in flight or about to start.
    private(set) var isCommitting = false
    /// How many batches have failed.
    private(set) var failures: UInt64 = 0
    /// How often the changes of each task were set aside. Forgotten beyond ``DispatcherLimits/setAside`` tasks: only a caller
    /// that changed one of them in the same moment counts on it.
    private var refusals: [TaskID: UInt64] = [:]
    /// Why the store takes no write now, or did not the last time.
    private(set) var trouble: Fault?
    /// The pause before the store is tried again, in ms. It grows while each recovery ends in another failure.
    private(set) var recoveryPauseMs = DispatcherLimits.storagePauseMs

    /// Whether there is nothing to commit and nothing to send.
    var isEmpty: Bool {
        queue.isEmpty && loose.effects.isEmpty
    }

    // MARK: The next batches

    /// Commits the task's record as it is when its part is cut.
    mutating func write(_ task: TaskID) { queue.change(task) { $0.isChanged = true } }

    /// Commits a new task.
    mutating func create(_ task: TaskID, _ creation: CommitBatch.Creation) {
        queue.change(task) {
            $0.creation = creation
            $0.isChanged = true
        }
    }

    /// Commits an event that has its seq; the caller commits the record, too.
    mutating func append(_ event: Event) { queue.change(event.task) { $0.append(event) } }

    /// Commits a permission request.
    mutating func put(_ approval: ApprovalRecord) {
        queue.change(approval.attempt.task) { $0.approvals[approval.id] = approval }
    }

    /// Sends a message after the commit of what its task has decided before, which may be in flight.
    mutating func send(_ effect: Effect) {
        if let task = effect.task {
            queue.change(task) { $0.effects.append(effect) }
        } else {
            loose.effects.append(effect)
        }
    }

    /// Acknowledges an attempt's events up to `seq` after the commit.
    mutating func acknowledge(_ attempt: AttemptID, _ seq: UInt64, to worker: WorkerID) {
        queue.change(attempt.task) { $0.acks[attempt] = (worker, seq) }
    }

    /// Resumes `waiter` after the commit of what a task has decided before, which may be in flight.
    mutating func wait(_ waiter: CheckedContinuation<Void, any Error>, for task: TaskID) {
        queue.change(task) { $0.waiters.append(waiter) }
    }

    // MARK: Commits

    /// Claims the commit loop; false = it runs already.
    mutating func start() -> Bool {
        guard !isCommitting else { return false }
        isCommitting = true
        return true
    }

    /// Cuts the next batch.
    /// - Parameters:
    ///   - renews: Whether it renews the lease.
    ///   - machine: Returns a task as it is now.
    mutating func cut(renews: Bool, machine: (TaskID) -> TaskMachine?) -> CommitCut {
        var cut = loose
        loose = CommitCut()
        cut.renews = renews
        cut.parts = queue.cut()
        for index in cut.parts.indices where cut.parts[index].isChanged {
            cut.parts[index].machine = machine(cut.parts[index].task)
        }
        return cut
    }

    /// A batch is on disk.
    mutating func succeeded(_ cut: CommitCut) {
        if !cut.parts.isEmpty { recoveryPauseMs = DispatcherLimits.storagePauseMs }
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

    /// Returns a number that grows whenever changes of a task are lost before they are on disk.
    func failures(of task: TaskID) -> UInt64 { failures + refusals[task, default: 0] }

    /// The store has refused a change of a task: removes what else the task has to commit.
    mutating func setAside(_ task: TaskID) -> CommitPart? {
        if refusals.count >= DispatcherLimits.setAside { refusals = [:] }
        refusals[task, default: 0] += 1
        return queue.remove(task)
    }

    /// Discards what is not on disk, and a failed batch with it, and fails the callers that wait.
    /// - Returns: the discarded submissions.
    mutating func fail(_ fault: Fault, _ failed: CommitCut = CommitCut()) -> [TaskID: CommitBatch.Creation] {
        failures += 1
        return discard(fault, failed)
    }

    /// As ``fail(_:_:)``, at a stop.
    @discardableResult
    mutating func discard(_ fault: Fault, _ failed: CommitCut = CommitCut()) -> [TaskID: CommitBatch.Creation] {
        loose.parts = queue.removeAll()
        let waiting = loose
        loose = CommitCut()
        failed.fail(fault)
        waiting.fail(fault)
        var lost: [TaskID: CommitBatch.Creation] = [:]
        for part in failed.parts + waiting.parts { lost[part.task] = part.creation ?? lost[part.task] }
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
}
