import Messages

/// What time it is, as far as the dispatcher asks: a test brings its own.
struct DispatcherClock: Sendable {
    /// What is written down and shown.
    var wall: @Sendable () -> Timestamp
    /// Milliseconds that only grow, for deadlines: a clock that is set must not fail tasks.
    var monotonic: @Sendable () -> Int64
    /// Milliseconds that go on while the process is stopped, for the lease in the store.
    var lease: @Sendable () -> Int64 = DispatcherClock.elapsed

    /// The machine's clocks.
    static let system = DispatcherClock(wall: { .now() }, monotonic: elapsed)

    private static let start = ContinuousClock.now

    private static let elapsed: @Sendable () -> Int64 = {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
