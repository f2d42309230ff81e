import DequeModule
import Messages

/// The parts that wait for the next batches, by task, in the order in which each began to wait.
///
/// A batch takes the short parts first and then the long ones in turn, up to ``DispatcherLimits/batchEvents`` and
/// ``DispatcherLimits/batchBytes``: a task that writes without end delays others by one such batch. A part has at most a
/// window of its executor's events, so a batch goes over the bound by at most one window.
struct CommitQueue {
    private var parts: [TaskID: CommitPart] = [:]
    private var order: Deque<TaskID> = []

    var isEmpty: Bool { parts.isEmpty }
    var count: Int { parts.count }

    /// Returns whether a task waits for its commit.
    func contains(_ task: TaskID) -> Bool { parts[task] != nil }

    /// Changes the part of a task, which begins to wait when it does not yet.
    mutating func change(_ task: TaskID, _ body: (inout CommitPart) -> Void) {
        if parts[task] == nil { order.append(task) }
        body(&parts[task, default: CommitPart(task)])
    }

    /// Removes and returns the parts of the next batch.
    mutating func cut() -> [CommitPart] {
        var batch: [CommitPart] = []
        var (events, bytes) = (DispatcherLimits.batchEvents, DispatcherLimits.batchBytes)
        func take(_ part: CommitPart) {
            events -= part.events.count
            bytes -= part.bytes
            batch.append(part)
        }
        var long: [TaskID] = []
        var left: Deque<TaskID> = []
        for task in order {
            guard let part = parts[task] else { continue }
            if part.events.count > DispatcherLimits.shortPart {
                long.append(task)
            } else if events > 0, bytes > 0 {
                take(part)
                parts[task] = nil
            } else {
                left.append(task)
            }
        }
        var isFirst = true
        for task in long {
            // One long part goes with each batch, so that short ones do not hold it up for ever.
            if isFirst || events > 0 && bytes > 0, let part = parts.removeValue(forKey: task) {
                take(part)
                isFirst = false
            } else {
                left.append(task)
            }
        }
        order = left
        return batch
    }

    /// Removes and returns the part of one task.
    mutating func remove(_ task: TaskID) -> CommitPart? {
        guard let part = parts.removeValue(forKey: task) else { return nil }
        order.removeAll { $0 == task }
        return part
    }

    /// Removes and returns all parts.
    mutating func removeAll() -> [CommitPart] {
        defer { self = CommitQueue() }
        return order.compactMap { parts[$0] }
    }
}
