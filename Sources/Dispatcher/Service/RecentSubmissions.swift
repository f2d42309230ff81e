import DequeModule
import Messages

/// Submissions of the last seconds: of two copies that arrive together, the second is recognised before the store has
/// the first. Bounded by time.
struct RecentSubmissions: Sendable {
    private struct Entry: Sendable {
        let at: Int64
        let task: TaskID
        let key: IdempotencyKey?
    }

    private var order: Deque<Entry> = []
    private var tasks: [TaskID: UserID] = [:]
    private var keys: [IdempotencyKey: (task: TaskID, digest: String)] = [:]

    /// Returns the task that an earlier copy of a submission created.
    /// - Parameters:
    ///   - liveOwner: The owner of the task of this id in memory.
    ///   - prior: What the store has.
    /// - Throws: ``Fault`` `conflict` or `idempotency_mismatch`.
    func earlier(_ submit: TaskSubmit, liveOwner: UserID?, _ prior: PriorSubmission) throws -> TaskID? {
        if let owner = tasks[submit.task] ?? liveOwner ?? prior.taskOwner {
            guard owner == submit.owner else {
                throw Fault(.conflict, "task \(submit.task) exists already; take a new id")
            }
            return submit.task
        }
        guard let text = submit.idempotencyKey,
            let created = keys[IdempotencyKey(owner: submit.owner, text: text)] ?? prior.keyed
        else { return nil }
        guard created.digest == submit.digest ?? "" else {
            throw Fault(
                .idempotencyMismatch,
                "the idempotency key was used for task \(created.task) with another request; take a new key")
        }
        return created.task
    }

    /// Adds a submission, at a monotonic time in ms, and drops the old ones.
    mutating func add(_ task: TaskID, owner: UserID, key: IdempotencyKey?, digest: String, at now: Int64) {
        order.append(Entry(at: now, task: task, key: key))
        tasks[task] = owner
        if let key { keys[key] = (task, digest) }
        while let first = order.first, now - first.at > DispatcherLimits.recentMs {
            order.removeFirst()
            forget(first.task, key: first.key)
        }
    }

    /// Forgets the submissions of deleted tasks.
    mutating func forget(_ deleted: [TaskID]) {
        for task in deleted where tasks[task] != nil {
            forget(task, key: order.first { $0.task == task }?.key)
        }
    }

    /// Forgets a submission after its commit failed.
    mutating func forget(_ task: TaskID, key: IdempotencyKey?) {
        tasks[task] = nil
        if let key, keys[key]?.task == task { keys[key] = nil }
    }
}
