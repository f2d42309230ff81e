import Messages

/// Decides when the positions of waiting tasks are published.
///
/// A queue of a thousand that drains moves half a million positions. So the first ``DispatcherLimits/nearPositions`` are
/// published at each move and those behind when they have moved by a tenth, both debounced; a new wait reason is always
/// published. A task gets at most some sixty updates, and most moves do not scan the whole queue.
struct QueuePositions {
    /// The part of a queue to check.
    struct Round {
        /// The first positions, from 0.
        let near: Range<Int>
        /// Those behind; nil = not in this round.
        let far: Range<Int>?
    }

    /// When a queue was last published, in monotonic ms.
    private struct Published {
        var near = Int64.min / 2
        var far = Int64.min / 2
    }

    private var added: Set<TaskID> = []
    private var moved: Set<QueueID> = []
    private var published: [QueueID: Published] = [:]
    private var due = Deadlines<QueueID>()

    /// Whether nothing is to be published.
    var isEmpty: Bool { added.isEmpty && moved.isEmpty }

    /// A task has entered its queue.
    mutating func add(_ task: TaskID) { added.insert(task) }

    /// The positions or reasons in a queue may have changed.
    mutating func move(_ queue: QueueID) { moved.insert(queue) }

    /// Takes the debounced queues that are due at a monotonic time in ms.
    mutating func tick(_ now: Int64) { moved.formUnion(due.due(now)) }

    /// Removes and returns what has changed.
    mutating func takeChanges() -> (added: Set<TaskID>, moved: Set<QueueID>) {
        defer { (added, moved) = ([], []) }
        return (added, moved)
    }

    /// Returns the part of a moved queue to check now; nil = none, or later.
    mutating func round(_ queue: QueueID, count: Int, now: Int64) -> Round? {
        guard count > 0 else {
            published[queue] = nil
            return nil
        }
        let last = published[queue] ?? Published()
        let nearAt = last.near + DispatcherLimits.positionsMs
        guard now >= nearAt else {
            due.set(queue, at: nearAt)
            return nil
        }
        published[queue] = last
        let first = min(count, DispatcherLimits.nearPositions)
        guard first < count else { return Round(near: 0..<first, far: nil) }
        let farAt = last.far + DispatcherLimits.farPositionsMs
        guard now >= farAt else {
            due.set(queue, at: farAt)
            return Round(near: 0..<first, far: nil)
        }
        published[queue]?.far = now
        return Round(near: 0..<first, far: first..<count)
    }

    /// Near positions of a queue were published.
    mutating func didPublishNear(_ queue: QueueID, now: Int64) { published[queue]?.near = now }

    /// Returns whether a far position has moved enough to be published.
    static func isWorthPublishing(_ position: Int, last: Int) -> Bool {
        abs(last - position) * DispatcherLimits.farPositionsPart >= last
    }

    /// Forgets all, before tasks are loaded again.
    mutating func clear() { self = QueuePositions() }
}
