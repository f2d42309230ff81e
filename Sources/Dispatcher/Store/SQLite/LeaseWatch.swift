/// Measures for how long neither the lease in the file nor the leader's sign of life has changed, by the standby's own clock:
/// the clocks of two processes need not agree.
struct LeaseWatch: Sendable {
    /// Milliseconds without a change after which the lease is taken from a leader that still holds the lock.
    let takeoverMs: Int64
    private var seen: LeaseSighting?
    private var sign: LifeSign.Reading?
    private var since: Int64?
    private var lastLook: Int64?

    init(takeoverMs: Int64) { self.takeoverMs = takeoverMs }

    /// The longest pause between two looks, in ms; after a longer one the measurement starts again.
    private var longestGapMs: Int64 { min(max(1000, takeoverMs / 3), takeoverMs / 2) }

    /// What this process may do.
    enum Verdict: Equatable {
        /// Another process leads, or may lead.
        case wait
        /// Lead with the lock.
        case lead
        /// Lead without the lock: the frozen leader holds it.
        case takeOver
    }

    /// Decides what this process may do, from the lease as it is at `now`, in monotonic ms.
    /// - Parameters:
    ///   - sighting: nil = there is no lease, or it cannot be read.
    ///   - sign: The leader's sign of life; nil = there is none.
    mutating func look(
        _ sighting: LeaseSighting?, sign: LifeSign.Reading? = nil, hasLock: Bool, at now: Int64
    ) -> Verdict {
        // A gap between two looks proves nothing: the whole machine may have slept, the leader too.
        let hasSlept = now - (lastLook ?? now) > longestGapMs
        lastLook = now
        if sighting != seen || sign != self.sign || since == nil || hasSlept {
            seen = sighting
            self.sign = sign
            since = now
        }
        let still = now - (since ?? now)
        if hasLock {
            // The process that held the lock is gone. A leader that took over without the lock may still run.
            guard let sighting, !sighting.isLocked, !sighting.isReleased else { return .lead }
            return still >= takeoverMs ? .lead : .wait
        }
        guard let sighting else { return .wait }
        let limit = sighting.isReleased ? min(takeoverMs, DispatcherLimits.releasedMs) : takeoverMs
        return still >= limit ? .takeOver : .wait
    }
}
