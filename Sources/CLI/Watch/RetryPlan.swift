/// When to retry a broken connection, as a value: after 200 ms at first, after 5 s at most, and not without end.
struct RetryPlan: Sendable {
    /// The number of retries without success; with the pauses between them that is about a minute.
    static let tries = 15

    private(set) var failures = 0

    /// Starts the count again.
    mutating func succeeded() { failures = 0 }

    /// Counts a failure.
    /// - Returns: The pause before the next retry; nil = give up.
    mutating func failed() -> Duration? {
        failures += 1
        guard failures <= Self.tries else { return nil }
        return .milliseconds(min(5000, 100 << min(failures, 6)))
    }
}
