import Messages

/// The requests to one peer that have no reply yet.
struct PendingRequests {
    /// Receives the reply's body, or why there is none; called once.
    typealias Completion = (Result<[UInt8], any Error>) -> Void

    private var entries: [UInt64: (deadline: ContinuousClock.Instant, type: String, completion: Completion)] = [:]
    var count: Int { entries.count }
    /// A lower bound of all deadlines. It may belong to a request that already has its reply, so that the usual case
    /// costs one comparison with the clock.
    private(set) var earliest: ContinuousClock.Instant?

    mutating func add(
        _ correlation: UInt64, _ type: String, deadline: ContinuousClock.Instant, completion: @escaping Completion
    ) {
        entries[correlation] = (deadline, type, completion)
        earliest = min(earliest ?? deadline, deadline)
    }

    /// Removes the request of `correlation`; nil when there is none.
    mutating func remove(_ correlation: UInt64) -> Completion? {
        entries.removeValue(forKey: correlation)?.completion
    }

    /// Removes the requests that are past their deadline.
    mutating func removeExpired(_ now: ContinuousClock.Instant) -> [(type: String, completion: Completion)] {
        guard let earliest, earliest <= now else { return [] }
        let expired = entries.filter { $0.value.deadline <= now }
        for correlation in expired.keys { entries[correlation] = nil }
        self.earliest = entries.values.map(\.deadline).min()
        return expired.values.map { ($0.type, $0.completion) }
    }

    mutating func removeAll() -> [Completion] {
        defer { entries = [:] }
        earliest = nil
        return entries.values.map(\.completion)
    }
}
