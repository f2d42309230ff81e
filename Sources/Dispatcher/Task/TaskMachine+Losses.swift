import Messages

/// A device that goes away, comes back, or has lost what it ran; ``Policy`` says what becomes of the task.
extension TaskMachine {
    /// Whether its device is away, or was before a start.
    var isStalled: Bool { stall != nil || record.stalledAt != nil }

    /// The device went away; `stall` says what becomes of the task when it is not back in time. `tell`: viewers are told.
    mutating func stalled(_ stall: Stall, tell: Bool, now: Timestamp) -> [TaskAction] {
        guard isPlaced else { return [] }
        if isEnding { return endAsWished(confirmed: false, now: now) }
        self.stall = stall
        resyncAt = nil
        // One that is known from before may have been told of then.
        let isNew = record.stalledAt != stall.since
        stallIsTold = tell || !isNew
        record.stalledAt = stall.since
        return tell ? [note(now)] : isNew ? [.write] : []
    }

    /// The device is back.
    mutating func resumed(now: Timestamp) -> [TaskAction] {
        guard isStalled else { return [] }
        // Without a stall it is known from before, when viewers may have been told.
        let tell = (stallIsTold || stall == nil) && isPlaced
        stall = nil
        stallIsTold = false
        record.stalledAt = nil
        return tell ? [note(now)] : [.write]
    }

    /// The grace has ended and the device is still away.
    mutating func graceEnded(now: Timestamp) -> [TaskAction] {
        guard isPlaced, policy.onDisconnect != .wait, let stall else { return [] }
        let why =
            "\(deviceText) disconnected, was last seen at \(stall.since) and did not come back within "
            + "\(Policy.text(policy.graceMs)) s"
        let error = Fault(
            .deviceDisconnected,
            "\(why); see that the machine is on and wegent-executor runs there, then submit the task again")
        return lost(error, why: why, confirmed: false, now: now)
    }

    /// What its device had of it is gone: it fails, or goes back into its queue if that was chosen.
    mutating func lost(_ error: Fault, why: String, confirmed: Bool, now: Timestamp) -> [TaskAction] {
        if isEnding { return endAsWished(confirmed: confirmed, now: now) }
        guard policy.onDisconnect == .requeue else { return end(.failed, error: error, confirmed: confirmed, now: now) }
        guard record.requeues < DispatcherLimits.requeues else {
            let error = Fault(
                .attemptsExhausted,
                "\(why); the task has been put back into the queue \(record.requeues) times before and is not run "
                    + "again; see what brings the machine down, then submit the task again")
            return end(.failed, error: error, confirmed: confirmed, now: now)
        }
        record.requeues += 1
        let abandoned = abandonApprovals(now: now)
        let told = warn(
            "\(why): the task is back in the queue, and its prompt runs again from the beginning as attempt "
                + "\(record.attempt + 1) (\(record.requeues) of at most \(DispatcherLimits.requeues) times)", now)
        let release = TaskAction.release(record.attemptID, confirmed: confirmed)
        record.state = .queued
        record.queuedAt = now
        record.assignedAt = nil
        record.startedAt = nil
        record.stalledAt = nil
        stall = nil
        stallIsTold = false
        return abandoned + [told, release, .requeue(paused: false)]
    }

    /// The device's report does not list the newest attempt. `first`: it is the first report of its session.
    ///
    /// An assignment may be on its way while a report comes; an attempt that was started is listed until its verdict is
    /// acked, so one that is not has gone.
    mutating func unlisted(first: Bool, now: Timestamp) -> [TaskAction] {
        guard isPlaced else { return [] }
        if isEnding { return endAsWished(confirmed: true, now: now) }
        if record.state == .assigned { return first ? [.assign] : [] }
        let why = "the executor on \(deviceText) was restarted while the task ran"
        let error = Fault(.executorRestarted, "\(why); submit the task again to run it anew")
        return lost(error, why: why, confirmed: true, now: now)
    }
}
