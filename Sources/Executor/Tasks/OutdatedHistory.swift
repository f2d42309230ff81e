import Messages

/// What an attempt was told for a session that turned out to be gone. Assigns with the same may still be on their way
/// when all of the history was asked for; a new session that was started with one would lack what the old one knew.
struct OutdatedHistory {
    /// Seconds after which the same history is taken as the answer: nothing older is kept any more.
    static let patience = 10.0

    private let tasks: [TaskID]
    private let leftOut: Int?
    private let until: ContinuousClock.Instant

    /// - Parameter known: the last task that the session was thought to know.
    /// - Returns: nil where the answer would be the same: with no history, and when all of it was asked for before.
    init?(_ message: TaskAssign, known: TaskID?, now: ContinuousClock.Instant) {
        guard let items = message.history, known != nil else { return nil }
        tasks = items.map(\.task)
        leftOut = message.historyLeftOut
        until = now + .seconds(Self.patience)
    }

    func isOver(_ now: ContinuousClock.Instant) -> Bool { now >= until }

    /// Whether an assign brings nothing newer.
    func isIn(_ message: TaskAssign, now: ContinuousClock.Instant) -> Bool {
        !isOver(now) && message.historyLeftOut == leftOut && message.history.map { $0.map(\.task) == tasks } == true
    }
}
