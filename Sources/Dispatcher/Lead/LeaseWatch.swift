/// How long the lease in the store has not changed, by the clock of who watches: clocks of two processes need not
/// agree on anything.
struct LeaseWatch: Sendable {
    /// How long it must stand still before it is taken from a leader that is there but does nothing, in ms.
    let takeoverMs: Int64
    private var seen: LeaseSighting?
    private var since: Int64?
    private var lastLook: Int64?

    init(takeoverMs: Int64) { self.takeoverMs = takeoverMs }

    /// The longest time between two looks that still counts as watching, in ms.
    private var longestGapMs: Int64 { min(max(1000, takeoverMs / 3), takeoverMs / 2) }

    /// What may be done.
    enum Verdict: Equatable {
        /// Somebody leads, or may.
        case wait
        /// Whoever gets the lock leads.
        case lead
        /// The leader is frozen: lead, although it holds the lock.
        case takeOver
    }

    /// Takes a look at `now`, in monotonic ms. `sighting`: nil = there is no lease, or it cannot be read.
    mutating func look(_ sighting: LeaseSighting?, hasLock: Bool, at now: Int64) -> Verdict {
        // Time in which nobody looked proves nothing: the whole machine may have slept, the leader too.
        let hasSlept = now - (lastLook ?? now) > longestGapMs
        lastLook = now
        if sighting != seen || since == nil || hasSlept {
            seen = sighting
            since = now
        }
        let still = now - (since ?? now)
        if hasLock {
            // Its holder is gone. One that leads without the lock, because a frozen process has had it, is not.
            guard let sighting, !sighting.isLocked, !sighting.isReleased else { return .lead }
            return still >= takeoverMs ? .lead : .wait
        }
        guard let sighting else { return .wait }
        let limit = sighting.isReleased ? min(takeoverMs, DispatcherLimits.releasedMs) : takeoverMs
        return still >= limit ? .takeOver : .wait
    }
}
