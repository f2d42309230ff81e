import HeapModule

/// What is to happen when: one deadline for each key, in monotonic milliseconds. A tick with nothing due costs
/// nothing, and one with something due what is due: a thousand tasks may wait for a day each.
struct Deadlines<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable, Comparable {
        let time: Int64
        let key: Key

        static func < (left: Entry, right: Entry) -> Bool { left.time < right.time }
        static func == (left: Entry, right: Entry) -> Bool { left.time == right.time }
    }

    private var at: [Key: Int64] = [:]
    /// All deadlines, and some that do not hold any more.
    private var order = Heap<Entry>()

    /// How many are set.
    var count: Int { at.count }

    /// Whether one is set.
    func contains(_ key: Key) -> Bool { at[key] != nil }

    /// When a key is due; nil = never.
    func time(of key: Key) -> Int64? { at[key] }

    /// Sets the deadline of a key, in place of an earlier one.
    mutating func set(_ key: Key, at time: Int64) {
        guard at.updateValue(time, forKey: key) != time else { return }
        order.insert(Entry(time: time, key: key))
        // Mostly deadlines are moved or taken away before they are due: what is left of them must not pile up.
        if order.count > 2 * at.count + 64 { order = Heap(at.map { Entry(time: $1, key: $0) }) }
    }

    /// Takes a deadline away.
    mutating func cancel(_ key: Key) { at[key] = nil }

    /// The keys whose time has come, the longest due first; they are not set any more.
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
