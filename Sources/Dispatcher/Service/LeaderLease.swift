import Messages

/// What this process knows of its lease in the store. A process that was frozen for a while may have been replaced
/// without notice, so nothing is answered from memory unless the store has confirmed the lease a short time ago.
struct LeaderLease {
    private let clock: DispatcherClock
    private let takeoverMs: Int64
    private let renewMs: Int64
    /// The start of the last renewal's write, in ms of ``DispatcherClock/lease``.
    private var renewedAt: Int64
    /// When this process last showed that it runs, in ms of ``DispatcherClock/lease``.
    private var beatAt: Int64 = .min / 2
    private var isOver = false
    private var successors: [CheckedContinuation<Void, Never>] = []

    init(_ configuration: DispatcherConfiguration, clock: DispatcherClock) {
        self.clock = clock
        takeoverMs = configuration.takeoverMs
        renewMs = configuration.renewMs
        renewedAt = clock.lease()
    }

    /// Whether no other process can have taken the lease: a standby waits that long after the last renewal.
    var isCertain: Bool { clock.lease() - renewedAt < takeoverMs }

    /// Whether the next commit renews the lease; without one it is renewed on its own.
    var isRenewalDue: Bool { clock.lease() - renewedAt >= renewMs }

    /// Returns whether this process has to show standbys that it runs; the next time is due after a renewal's age.
    mutating func isBeatDue() -> Bool {
        guard clock.lease() - beatAt >= renewMs else { return false }
        beatAt = clock.lease()
        return true
    }

    /// The store has confirmed a renewal; its write began at `time`, in ms of ``DispatcherClock/lease``.
    mutating func renewed(at time: Int64) { renewedAt = time }

    /// Resumes `successor` at ``end()``.
    mutating func whenOver(_ successor: CheckedContinuation<Void, Never>) {
        if isOver { successor.resume() } else { successors.append(successor) }
    }

    /// Ends the lease in memory and resumes the callers of ``whenOver(_:)``. Idempotent.
    mutating func end() {
        isOver = true
        for successor in successors { successor.resume() }
        successors = []
    }
}
