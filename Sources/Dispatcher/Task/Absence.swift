import Messages

/// What becomes of a running task while its device is away: a pure function of its policy and of times.
struct Absence: Sendable, Equatable {
    /// As owners see it.
    let stall: Stall
    /// The rest of its grace, in ms; nil = it never ends.
    let leftMs: Int64?

    /// - Parameters:
    ///   - since: When the device was last connected.
    ///   - isStart: Whether it was away when the dispatcher started. Then it has at least
    ///     ``DispatcherLimits/reviveMs`` to reconnect: it may have tried while no dispatcher ran.
    init(_ policy: Policy, since: Timestamp, now: Timestamp, isStart: Bool = false) {
        // The wall clock may have been set since: the rest is at most a whole grace.
        let left = min(since.milliseconds + policy.graceMs - now.milliseconds, policy.graceMs)
        let leftMs = isStart ? max(left, DispatcherLimits.reviveMs) : policy.graceMs
        let end = Timestamp(milliseconds: now.milliseconds + leftMs)
        stall = Stall(
            since: since, failsAt: policy.onDisconnect == .fail ? end : nil,
            requeuesAt: policy.onDisconnect == .requeue ? end : nil)
        self.leftMs = policy.onDisconnect == .wait ? nil : leftMs
    }
}
