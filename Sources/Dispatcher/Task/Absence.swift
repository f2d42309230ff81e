import Messages

/// What becomes of a task that runs on a device which is away: a pure function of what was chosen and of times.
struct Absence: Sendable, Equatable {
    /// As people see it.
    let stall: Stall
    /// When its grace ends, from now, in ms; nil = it never does.
    let leftMs: Int64?

    /// - Parameters:
    ///   - since: When the device was last connected.
    ///   - isStart: Whether it was away when the dispatcher started. Then whatever is left of the grace, it has some
    ///     seconds to say that it is there: it may have come back while nobody was there to be told.
    init(_ policy: Policy, since: Timestamp, now: Timestamp, isStart: Bool = false) {
        // The clock may have been set meanwhile: no more than a whole grace is given.
        let left = min(since.milliseconds + policy.graceMs - now.milliseconds, policy.graceMs)
        let leftMs = isStart ? max(left, DispatcherLimits.reviveMs) : policy.graceMs
        let end = Timestamp(milliseconds: now.milliseconds + leftMs)
        stall = Stall(
            since: since, failsAt: policy.onDisconnect == .fail ? end : nil,
            requeuesAt: policy.onDisconnect == .requeue ? end : nil)
        self.leftMs = policy.onDisconnect == .wait ? nil : leftMs
    }
}
