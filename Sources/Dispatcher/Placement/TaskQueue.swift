import DequeModule
import Messages

/// The waiting tasks of one queue, in order of rank.
struct TaskQueue: Sendable, Equatable {
    /// A waiting task. Its rank never changes, so binary search finds it.
    struct Entry: Sendable, Equatable, Comparable {
        /// ``TaskRecord/rank``.
        let rank: Int64
        /// ``TaskRecord/ordinal``; unique.
        let ordinal: Int64
        let task: TaskID

        static func < (left: Entry, right: Entry) -> Bool {
            (left.rank, left.ordinal) < (right.rank, right.ordinal)
        }
    }

    /// First to run first. Bounded by ``Limits/queuePerUser``.
    private(set) var waiting: Deque<Entry> = []

    var isEmpty: Bool { waiting.isEmpty }

    /// Inserts a task at its rank: mostly at the end, a requeued one where it was. Idempotent.
    mutating func insert(_ entry: Entry) {
        guard let last = waiting.last, entry <= last else { return waiting.append(entry) }
        let index = index(of: entry)
        guard waiting[index] != entry else { return }
        waiting.insert(entry, at: index)
    }

    /// Removes a task; does nothing when it does not wait.
    mutating func remove(_ entry: Entry) {
        let index = index(of: entry)
        guard index < waiting.count, waiting[index] == entry else { return }
        waiting.remove(at: index)
    }

    /// Removes all.
    mutating func clear() { waiting.removeAll() }

    /// Returns the position of a waiting task, from 1; nil when it does not wait.
    func position(of entry: Entry) -> Int? {
        let index = index(of: entry)
        return index < waiting.count && waiting[index] == entry ? index + 1 : nil
    }

    /// Returns how many entries come before `entry`.
    private func index(of entry: Entry) -> Int {
        var range = 0..<waiting.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = waiting[middle] < entry ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
