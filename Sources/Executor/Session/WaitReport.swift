/// Which of the failures to connect are logged: a cause at once, and then once a minute while it lasts, not each attempt.
struct WaitReport: Sendable {
    /// How often a lasting cause is logged.
    static let interval: Duration = .seconds(60)
    /// The most causes that are remembered; a server that words each refusal anew is logged as if it were one cause.
    private static let mostCauses = 8

    private var since: ContinuousClock.Instant?
    private var logged: [String: ContinuousClock.Instant] = [:]

    /// Records a failure.
    /// - Returns: the seconds since the connection was lost when the failure should be logged, else nil.
    mutating func failed(_ cause: String, at now: ContinuousClock.Instant) -> Double? {
        let start = since ?? now
        since = start
        let key = logged[cause] != nil || logged.count < Self.mostCauses ? cause : ""
        if let last = logged[key], now - last < Self.interval { return nil }
        logged[key] = now
        return (now - start).seconds
    }

    /// Forgets all causes: the device is registered again.
    mutating func connected() { self = WaitReport() }
}
