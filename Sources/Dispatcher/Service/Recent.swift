import DequeModule
import Messages

/// Submissions of the last seconds, so that two copies that arrive together are seen to be one before the store knows
/// of either. Bounded by time.
struct Recent: Sendable {
    private struct Entry: Sendable {
        let at: Int64
        let task: TaskID
        let key: IdempotencyKey?
    }

    private var order: Deque<Entry> = []
    private var tasks: [TaskID: UserID] = [:]
    private var keys: [IdempotencyKey: (task: TaskID, digest: String)] = [:]

    /// Whose a task is.
    func owner(of task: TaskID) -> UserID? { tasks[task] }

    /// What a key made.
    func made(by key: IdempotencyKey) -> (task: TaskID, digest: String)? { keys[key] }

    /// Remembers a submission, at a monotonic time in ms, and forgets the old ones.
    mutating func add(_ task: TaskID, owner: UserID, key: IdempotencyKey?, digest: String, at now: Int64) {
        order.append(Entry(at: now, task: task, key: key))
        tasks[task] = owner
        if let key { keys[key] = (task, digest) }
        while let first = order.first, now - first.at > DispatcherLimits.recentMs {
            order.removeFirst()
            tasks[first.task] = nil
            if let key = first.key, keys[key]?.task == first.task { keys[key] = nil }
        }
    }

    /// Forgets submissions whose tasks have been deleted.
    mutating func forget(_ deleted: [TaskID]) {
        for task in deleted where tasks[task] != nil {
            forget(task, key: order.first { $0.task == task }?.key)
        }
    }

    /// Forgets a submission whose commit has failed.
    mutating func forget(_ task: TaskID, key: IdempotencyKey?) {
        tasks[task] = nil
        if let key, keys[key]?.task == task { keys[key] = nil }
    }
}
