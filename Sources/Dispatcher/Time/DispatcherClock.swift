import Messages

/// The dispatcher's clocks; tests inject their own.
struct DispatcherClock: Sendable {
    /// For what is stored and shown.
    var wall: @Sendable () -> Timestamp
    /// Milliseconds for deadlines; never set back, so that a change of the wall clock fails no task.
    var monotonic: @Sendable () -> Int64
    /// Milliseconds for the lease in the store; they go on while the process is stopped.
    var lease: @Sendable () -> Int64 = DispatcherClock.elapsed

    /// The machine's clocks.
    static let system = DispatcherClock(wall: { .now() }, monotonic: elapsed)

    private static let start = ContinuousClock.now

    private static let elapsed: @Sendable () -> Int64 = {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
