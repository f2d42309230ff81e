import Messages

/// Decides when old and deleted tasks and expired keys leave the disk. One sweep runs at a time, in short steps.
struct Sweeper {
    private let pauseMs: Int64
    private var dueAt = Int64.max
    private var isWanted = false
    /// Whether a sweep runs.
    private(set) var isRunning = false

    init(_ configuration: DispatcherConfiguration) { pauseMs = configuration.retentionSweepMs }

    /// Tasks were loaded: the first sweep is due soon, after the devices had a chance to connect.
    mutating func loaded(_ now: Int64) { dueAt = now + DispatcherLimits.firstSweepMs }

    /// Returns whether a sweep is due at a monotonic time in ms, and sets when it is due again.
    mutating func isDue(_ now: Int64) -> Bool {
        guard now >= dueAt else { return false }
        dueAt = now + pauseMs
        return true
    }

    /// Requests a sweep.
    /// - Returns: whether the caller runs it; false = the running one goes on with it.
    mutating func start() -> Bool {
        isWanted = true
        guard !isRunning else { return false }
        isRunning = true
        return true
    }

    /// Begins the next round; false = nothing was requested since the last one.
    mutating func nextRound() -> Bool {
        defer { isWanted = false }
        return isWanted
    }

    /// The sweep has ended.
    mutating func stop() { isRunning = false }
}
