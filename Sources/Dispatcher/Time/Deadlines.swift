import HeapModule

/// One deadline per key, in monotonic ms. A tick costs only what is due: a thousand tasks may wait for a day each.
struct Deadlines<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable, Comparable {
        let time: Int64
        let key: Key

        static func < (left: Entry, right: Entry) -> Bool { left.time < right.time }
        static func == (left: Entry, right: Entry) -> Bool { left.time == right.time }
    }

    private var at: [Key: Int64] = [:]
    /// All deadlines, and some that were cancelled or moved.
    private var order = Heap<Entry>()

    /// How many are set.
    var count: Int { at.count }

    /// Returns whether a key has a deadline.
    func contains(_ key: Key) -> Bool { at[key] != nil }

    /// Returns when a key is due; nil = never.
    func time(of key: Key) -> Int64? { at[key] }

    /// Sets the deadline of a key; replaces an earlier one.
    mutating func set(_ key: Key, at time: Int64) {
        guard at.updateValue(time, forKey: key) != time else { return }
        order.insert(Entry(time: time, key: key))
        // Most deadlines are moved or cancelled before they are due: their entries must not pile up.
        if order.count > 2 * at.count + 64 { order = Heap(at.map { Entry(time: $1, key: $0) }) }
    }

    /// Removes the deadline of a key.
    mutating func cancel(_ key: Key) { at[key] = nil }

    /// Removes and returns the keys that are due, the earliest first.
    mutating func due(_ now: Int64) -> [Key] {
        var due: [Key] = []
        while let first = order.min, first.time <= now {
            order.removeMin()
            guard at[first.key] == first.time else { continue }
            at[first.key] = nil
            due.append(first.key)
        }
        return due
    }
}
