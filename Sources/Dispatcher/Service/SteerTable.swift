import Messages

/// Messages of people to running turns that no turn has taken yet. Bounded: ``DispatcherLimits/openMessages`` a task, each
/// for ``DispatcherLimits/messageMs``.
struct SteerTable {
    typealias Waiter = CheckedContinuation<Void, any Error>

    /// A message on its way.
    struct Steer {
        let attempt: AttemptID
        let text: String
        /// When it is given up, in monotonic ms.
        let endsAt: Int64
        /// Its senders: the first, and repetitions of the request.
        var waiters: [Waiter]

        /// Fails the senders.
        func fail(_ fault: Fault) {
            for waiter in waiters { waiter.resume(throwing: fault) }
        }
    }

    private var open: [MessageID: Steer] = [:]

    subscript(_ id: MessageID) -> Steer? { open[id] }

    /// Returns the messages of an attempt, oldest first.
    func messages(of attempt: AttemptID) -> [MessageID] {
        open.filter { $0.value.attempt == attempt }.sorted { ($0.value.endsAt, $0.key) < ($1.value.endsAt, $1.key) }
            .map(\.key)
    }

    mutating func add(_ id: MessageID, _ steer: Steer) { open[id] = steer }

    /// Adds a repetition of the request.
    mutating func join(_ id: MessageID, _ waiter: Waiter) { open[id]?.waiters.append(waiter) }

    /// Removes a message that was taken, refused or given up.
    mutating func remove(_ id: MessageID) -> Steer? { open.removeValue(forKey: id) }

    /// Removes all.
    mutating func removeAll() -> [Steer] {
        defer { open = [:] }
        return Array(open.values)
    }
}
