/// When a broken stream is tried again, as a value: soon at first, ever later, and not for ever.
struct RetryPlan: Sendable {
    /// So many tries without a single new event; with the pauses that is about a minute.
    static let tries = 15

    private(set) var failures = 0

    /// Something arrived: all is well again.
    mutating func succeeded() { failures = 0 }

    /// The pause before the next try; nil when it is time to give up.
    mutating func failed() -> Duration? {
        failures += 1
        guard failures <= Self.tries else { return nil }
        return .milliseconds(min(5000, 100 << min(failures, 6)))
    }
}
