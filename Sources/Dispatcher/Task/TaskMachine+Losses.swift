import Messages

/// A device that disconnects, reconnects, or has lost what it ran; ``Policy`` decides what becomes of the task.
extension TaskMachine {
    /// Whether its device is away, or was before the dispatcher started.
    var isStalled: Bool { stall != nil || record.stalledAt != nil }

    /// The device disconnected; `stall` is what becomes of the task unless it is back in time.
    /// - Parameter publish: Whether viewers see the stall.
    mutating func stalled(_ stall: Stall, publish: Bool, now: Timestamp) -> [TaskAction] {
        guard isPlaced else { return [] }
        if isEnding { return endAsRequested(confirmed: false, now: now) }
        self.stall = stall
        resyncAt = nil
        // A stall that was stored before this start may have been published then.
        let isNew = record.stalledAt != stall.since
        isStallPublished = publish || !isNew
        record.stalledAt = stall.since
        return publish ? [stateEvent(now)] : isNew ? [.write] : []
    }

    /// The device is back.
    mutating func resumed(now: Timestamp) -> [TaskAction] {
        guard isStalled else { return [] }
        // Without `stall` it was stored before this start, and may have been published then.
        let publish = (isStallPublished || stall == nil) && isPlaced
        stall = nil
        isStallPublished = false
        record.stalledAt = nil
        return publish ? [stateEvent(now)] : [.write]
    }

    /// The grace is over and the device is still away.
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

    /// The device has lost the attempt: fails the task, or requeues it if that was chosen.
    mutating func lost(_ error: Fault, why: String, confirmed: Bool, now: Timestamp) -> [TaskAction] {
        if isEnding { return endAsRequested(confirmed: confirmed, now: now) }
        guard policy.onDisconnect == .requeue else { return end(.failed, error: error, confirmed: confirmed, now: now) }
        guard record.requeues < DispatcherLimits.requeues else {
            let error = Fault(
                .attemptsExhausted,
                "\(why); the task has been put back into the queue \(record.requeues) times before and is not run "
                    + "again; find out why the device disconnects, then submit the task again")
            return end(.failed, error: error, confirmed: confirmed, now: now)
        }
        record.requeues += 1
        let closed = closeWork(now: now)
        let warning = warn(
            "\(why): the task is back in the queue, and its prompt runs again from the beginning as attempt "
                + "\(record.attempt + 1) (\(record.requeues) of at most \(DispatcherLimits.requeues) times)", now)
        let release = TaskAction.release(record.attemptID, confirmed: confirmed)
        record.state = .queued
        record.queuedAt = now
        record.assignedAt = nil
        record.startedAt = nil
        record.stalledAt = nil
        record.resumes = false
        stall = nil
        isStallPublished = false
        return closed + [warning, release, .requeue(paused: false)]
    }

    /// The device's report does not list the newest attempt. `first`: it is the first report of its session.
    ///
    /// An assignment may cross a report. A started attempt is listed until its verdict is acknowledged, so one that is
    /// not listed is lost.
    mutating func unlisted(first: Bool, now: Timestamp) -> [TaskAction] {
        guard isPlaced else { return [] }
        if isEnding { return endAsRequested(confirmed: true, now: now) }
        if record.state == .assigned { return first ? [.assign] : [] }
        let why = "the executor on \(deviceText) was restarted while the task ran"
        let error = Fault(.executorRestarted, "\(why); submit the task again to run it anew")
        return lost(error, why: why, confirmed: true, now: now)
    }
}
