import Messages

/// The part of a history that was sent for a session that turned out to be gone. Assignments with this part may still
/// arrive after the whole history was requested; a new session that started with it would lack the earlier turns.
struct OutdatedHistory {
    /// Seconds after which the same history counts as the answer: no older message is in flight then.
    static let validity = 10.0

    private let tasks: [TaskID]
    private let leftOut: Int?
    private let until: ContinuousClock.Instant

    /// - Parameter known: the last task that the session was thought to know.
    /// - Returns: nil where the answer would be the same: without a history, and when all of it was asked for before.
    init?(_ message: TaskAssign, known: TaskID?, now: ContinuousClock.Instant) {
        guard let items = message.history, known != nil else { return nil }
        tasks = items.map(\.task)
        leftOut = message.historyLeftOut
        until = now + .seconds(Self.validity)
    }

    func isOver(_ now: ContinuousClock.Instant) -> Bool { now >= until }

    /// Whether an assignment brings the same history again.
    func matches(_ message: TaskAssign, now: ContinuousClock.Instant) -> Bool {
        !isOver(now) && message.historyLeftOut == leftOut && message.history.map { $0.map(\.task) == tasks } == true
    }
}
