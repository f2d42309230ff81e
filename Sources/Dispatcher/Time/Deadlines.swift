/// What is to happen when: one deadline for each key, in monotonic milliseconds. A tick with nothing due costs
/// nothing.
struct Deadlines<Key: Hashable & Sendable>: Sendable {
    private var at: [Key: Int64] = [:]
    /// Not later than the earliest deadline.
    private var bound = Int64.max

    /// How many are set.
    var count: Int { at.count }

    /// Whether one is set.
    func contains(_ key: Key) -> Bool { at[key] != nil }

    /// Sets the deadline of a key, in place of an earlier one.
    mutating func set(_ key: Key, at time: Int64) {
        at[key] = time
        bound = min(bound, time)
    }

    /// Takes a deadline away.
    mutating func cancel(_ key: Key) { at[key] = nil }

    /// The keys whose time has come, the longest due first; they are not set any more.
    mutating func due(_ now: Int64) -> [Key] {
        guard now >= bound else { return [] }
        let due = at.filter { $0.value <= now }.sorted { $0.value < $1.value }.map(\.key)
        for key in due { at[key] = nil }
        bound = at.values.min() ?? .max
        return due
    }
}
