import Messages

/// The times that a task has: in the queue, of an attempt, and of its silence. When they are over is the service's to
/// know.
extension TaskMachine {
    /// It has waited for as long as it may. `reason`: why it waits now. `isHeld`: because of itself, as its device still
    /// runs an earlier attempt.
    mutating func expire(_ reason: WaitReason?, isHeld: Bool = false, now: Timestamp) -> [TaskAction] {
        guard record.state == .queued else { return [] }
        let seconds = max(0, now.milliseconds - record.queuedAt.milliseconds) / 1000
        let why = isHeld ? "\(deviceText) still ran an earlier attempt of it" : sentence(reason ?? record.reason)
        let error = Fault(
            .queueExpired,
            "the task waited for \(seconds) s (its queue_ttl_s is \(Policy.text(policy.ttlMs))) because "
                + "\(why); submit it again, with a longer queue_ttl_s if it may wait longer"
        )
        return end(.failed, error: error, confirmed: false, now: now)
    }

    /// Half of the time of an attempt is over; said once for each.
    mutating func halfTime(now: Timestamp) -> [TaskAction] {
        guard record.state == .running, !isEnding, !record.isHalfTold, let timeoutMs = policy.timeoutMs else {
            return []
        }
        record.isHalfTold = true
        return [warn("half of the \(Policy.text(timeoutMs)) s that the task may run (timeout_s) is over", now)]
    }

    /// Half of the time of a silence is over.
    mutating func halfSilent(now: Timestamp) -> [TaskAction] {
        guard record.state == .running, !isEnding, let idleMs = policy.idleMs else { return [] }
        return [
            warn(
                "the agent has given no sign for half of the \(Policy.text(idleMs)) s (idle_timeout_s) after which it "
                    + "is stopped", now)
        ]
    }

    /// Its time is over: `timeout` or `idle_timeout`. It is stopped as if somebody had cancelled it, and what it still
    /// says is taken; an end that comes before that counts.
    /// - Parameter connected: whether the device can be told.
    mutating func overdue(_ code: ErrorCode, connected: Bool, now: Timestamp) -> [TaskAction] {
        guard record.state == .running, !isEnding else { return [] }
        record.overdue = code
        let fault = overdueFault(code)
        guard connected else { return end(.failed, error: fault, confirmed: false, now: now) }
        return [warn("\(fault.message.prefix { $0 != ";" }): it is being stopped", now), .stop]
    }

    /// How it ends when its time is over.
    func overdueFault(_ code: ErrorCode) -> Fault {
        if code == .idleTimeout {
            return Fault(
                code,
                "the agent gave no sign for \(Policy.text(policy.idleMs ?? 0)) s (its idle_timeout_s); submit the task "
                    + "again with a longer one if it may be silent for longer")
        }
        return Fault(
            code,
            "the task ran for longer than \(Policy.text(policy.timeoutMs ?? 0)) s (its timeout_s); submit it again with "
                + "a longer one if it needs more")
    }

    /// Why it waits, in the past.
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
