import Messages

/// The time limits of a task: in its queue, of an attempt, and of an attempt's silence. The machine sets the alarms and
/// decides when one is reached; the service keeps the time.
extension TaskMachine {
    /// Starts the time limits that apply in the task's state and sets their alarms. Called for a new or loaded task and
    /// when the device of a running attempt is back; a change of state does so itself.
    mutating func startTimes(connected: Bool, monotonic: Int64, now: Timestamp) -> [TaskAction] {
        switch record.state {
        case .queued:
            if let reset = record.waiting?.until { return [resetAlarm(reset, monotonic: monotonic, now: now)] }
            let left = record.queuedAt.milliseconds + policy.ttlMs - now.milliseconds
            // The wall clock may have been set since: the rest is at most the whole time.
            return [.alarm(.expiry, at: monotonic + min(max(left, 0), policy.ttlMs))]
        case .running where !isEnding:
            return startLimit(connected: connected, monotonic: monotonic, now: now)
                + startSilence(connected: connected, monotonic: monotonic)
        default: return []
        }
    }

    private mutating func startLimit(connected: Bool, monotonic: Int64, now: Timestamp) -> [TaskAction] {
        guard let timeoutMs = policy.timeoutMs, let startedAt = record.startedAt else { return [] }
        let left = min(startedAt.milliseconds + timeoutMs - now.milliseconds, timeoutMs)
        // After a start of the dispatcher the executor may have ended it and be about to reconnect.
        limitAt = monotonic + max(left, connected ? 0 : DispatcherLimits.reviveMs)
        return [.alarm(.limit, at: record.isHalfTimeWarned ? limitAt : limitAt - timeoutMs / 2)]
    }

    private mutating func startSilence(connected: Bool, monotonic: Int64) -> [TaskAction] {
        guard let idleMs = policy.idleMs, connected else { return [] }
        lastSignAt = monotonic
        return [.alarm(.idle, at: monotonic + idleMs - idleMs / 2)]
    }

    /// Restarts the idle time: the agent has sent an event, or what it waits for has changed.
    mutating func sign(monotonic: Int64) { lastSignAt = monotonic }

    /// Its time in the queue is over. `reason`: why it waits now. `isHeld`: its device still runs an earlier attempt.
    mutating func expire(_ reason: WaitReason?, isHeld: Bool = false, now: Timestamp) -> [TaskAction] {
        guard record.state == .queued, !record.isLimited else { return [] }
        let seconds = max(0, now.milliseconds - record.queuedAt.milliseconds) / 1000
        let why = isHeld ? "\(deviceText) still ran an earlier attempt of it" : sentence(reason ?? record.reason)
        let error = Fault(
            .queueExpired,
            "the task waited for \(seconds) s (its queue_ttl_s is \(Policy.text(policy.ttlMs))) because "
                + "\(why); submit it again, with a longer queue_ttl_s if it may wait longer"
        )
        return end(.failed, error: error, confirmed: false, now: now)
    }

    /// Half of the attempt's time is over, or all of it.
    mutating func limitReached(connected: Bool, monotonic: Int64, now: Timestamp) -> [TaskAction] {
        guard monotonic < limitAt else { return overdue(.timeout, connected: connected, now: now) }
        return halfTime(now: now) + [.alarm(.limit, at: limitAt)]
    }

    /// The attempt may have been silent for half of the allowed time, or for all of it. Events do not move the alarm:
    /// when it comes, the time since the last sign decides.
    mutating func silenceReached(connected: Bool, monotonic: Int64, now: Timestamp) -> [TaskAction] {
        guard let idleMs = policy.idleMs, connected else { return [] }
        // An agent that waits for a person is silent for a reason.
        if approvals.pending > 0 { lastSignAt = monotonic }
        let half = idleMs - idleMs / 2
        let silence = monotonic - lastSignAt
        guard silence < idleMs else { return overdue(.idleTimeout, connected: connected, now: now) }
        guard silence >= half else { return [.alarm(.idle, at: lastSignAt + half)] }
        return halfSilent(now: now) + [.alarm(.idle, at: lastSignAt + idleMs)]
    }

    /// Warns that half of the attempt's time is over; once per attempt.
    mutating func halfTime(now: Timestamp) -> [TaskAction] {
        guard record.state == .running, !isEnding, !record.isHalfTimeWarned, let timeoutMs = policy.timeoutMs else {
            return []
        }
        record.isHalfTimeWarned = true
        return [warn("half of the \(Policy.text(timeoutMs)) s that the task may run (timeout_s) is over", now)]
    }

    /// Warns that half of the allowed silence is over.
    mutating func halfSilent(now: Timestamp) -> [TaskAction] {
        guard record.state == .running, !isEnding, let idleMs = policy.idleMs else { return [] }
        return [
            warn(
                "the agent has been silent for half of the \(Policy.text(idleMs)) s (idle_timeout_s) after which it is "
                    + "stopped", now)
        ]
    }

    /// A limit is reached, `timeout` or `idle_timeout`: stops the attempt as a cancellation does. Its remaining output is
    /// taken, and a verdict that arrives before the stop is confirmed counts.
    /// - Parameter connected: whether a stop can reach the executor.
    mutating func overdue(_ code: ErrorCode, connected: Bool, now: Timestamp) -> [TaskAction] {
        guard record.state == .running, !isEnding else { return [] }
        record.overdue = code
        let fault = overdueFault(code)
        guard connected else { return end(.failed, error: fault, confirmed: false, now: now) }
        return [warn("\(fault.message.prefix { $0 != ";" }): it is being stopped", now), .stop]
    }

    /// Returns the error of a task that reached a limit.
    func overdueFault(_ code: ErrorCode) -> Fault {
        if code == .idleTimeout {
            return Fault(
                code,
                "the agent was silent for \(Policy.text(policy.idleMs ?? 0)) s (its idle_timeout_s); submit the task "
                    + "again with a longer one if it may be silent for longer")
        }
        return Fault(
            code,
            "the task ran for longer than \(Policy.text(policy.timeoutMs ?? 0)) s (its timeout_s); submit it again with "
                + "a longer one if it needs more")
    }

    /// Returns why it waited, in the past tense.
    private func sentence(_ reason: WaitReason?) -> String {
        switch reason {
        case .deviceOffline: "\(deviceText) was offline"
        case .deviceDraining: "\(deviceText) took no new work"
        case .conversationBusy: "an earlier task of its conversation had not ended"
        case .noCloudExecutor: "no executor of the cloud was connected"
        default: "\(deviceText) was busy with others"
        }
    }
}
