import Messages

/// The requests of one peer that wait for their answer.
struct PendingRequests {
    /// Gets the answer's body or why there is none; called once.
    typealias Resolve = (Result<[UInt8], any Error>) -> Void

    private var waiting: [UInt64: (deadline: ContinuousClock.Instant, what: String, resolve: Resolve)] = [:]
    var count: Int { waiting.count }
    /// No deadline is before this one. It may be that of a request that was answered meanwhile, so that the usual
    /// case costs nothing but a look at the clock.
    private(set) var earliest: ContinuousClock.Instant?

    mutating func add(
        _ correlation: UInt64, _ what: String, deadline: ContinuousClock.Instant, resolve: @escaping Resolve
    ) {
        waiting[correlation] = (deadline, what, resolve)
        earliest = min(earliest ?? deadline, deadline)
    }

    /// Takes the one that `correlation` answers.
    mutating func remove(_ correlation: UInt64) -> Resolve? {
        waiting.removeValue(forKey: correlation)?.resolve
    }

    /// Takes those whose time is over.
    mutating func removeExpired(_ now: ContinuousClock.Instant) -> [(what: String, resolve: Resolve)] {
        guard let earliest, earliest <= now else { return [] }
        let expired = waiting.filter { $0.value.deadline <= now }
        for correlation in expired.keys { waiting[correlation] = nil }
        self.earliest = waiting.values.map(\.deadline).min()
        return expired.values.map { ($0.what, $0.resolve) }
    }

    /// Takes all.
    mutating func removeAll() -> [Resolve] {
        defer { waiting = [:] }
        earliest = nil
        return waiting.values.map(\.resolve)
    }
}
