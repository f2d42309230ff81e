import Messages

/// Decides when old and deleted tasks leave the disk. One sweep runs at a time, in short steps.
struct Sweeper {
    /// What is due.
    struct Due {
        /// The deletion of old tasks.
        let retention: Bool
        /// The deletion of expired idempotency keys.
        let keys: Bool
    }

    private let retentionMs: Int64
    private var retentionAt = Int64.max
    private var keysAt = Int64.max
    private var isWanted = false
    /// Whether a sweep runs.
    private(set) var isRunning = false

    init(_ configuration: DispatcherConfiguration) { retentionMs = configuration.retentionSweepMs }

    /// Tasks were loaded: the first deletion is due soon, after the devices had a chance to connect.
    mutating func loaded(_ now: Int64) {
        retentionAt = now + DispatcherLimits.firstSweepMs
        keysAt = now + DispatcherLimits.sweepMs
    }

    /// Returns what is due, at a monotonic time in ms, and sets when it is due again.
    mutating func due(_ now: Int64) -> Due {
        let due = Due(retention: now >= retentionAt, keys: now >= keysAt)
        if due.retention { retentionAt = now + retentionMs }
        if due.keys { keysAt = now + DispatcherLimits.sweepMs }
        return due
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
