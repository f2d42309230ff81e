import Messages

/// The times of tasks: how long they may wait, run and be silent (``TaskMachine``). Deadlines are in memory; what they
/// count from is on disk, but for the silence, which begins anew with a start.
extension DispatcherService {
    /// A task's choices as they hold for it: what was asked, then its owner's defaults, then the service's own.
    func resolve(_ asked: Choices?, defaults: Choices) -> Choices {
        var standard = Choices.standard
        standard.graceS = configuration.graceS
        return (asked ?? Choices()).filled(from: defaults).filled(from: standard)
    }

    /// Choices as they are acted by.
    func policy(_ choices: Choices) -> Policy {
        Policy(choices, graceS: configuration.graceS, leaseS: configuration.leaseS)
    }

    /// A task has come into another state, or is new or loaded (`before` is nil then).
    func watchTimes(_ task: LiveTask, before: TaskState?) {
        let record = task.machine.record
        if before == .queued { deadlines.cancel(.expiry(record.id)) }
        if before == .running {
            deadlines.cancel(.limit(record.id))
            deadlines.cancel(.idle(record.id))
        }
        if !task.machine.isPlaced { deadlines.cancel(.grace(record.id)) }
        switch record.state {
        case .queued:
            let policy = task.machine.policy
            let left = record.queuedAt.milliseconds + policy.ttlMs - clock.wall().milliseconds
            // The clock may have been set meanwhile: it waits for its whole time at most.
            deadlines.set(.expiry(record.id), at: clock.monotonic() + min(max(left, 0), policy.ttlMs))
        case .running: watchAttempt(task)
        default: break
        }
    }

    /// The times of an attempt run (again): it has started, or its device is back.
    func watchAttempt(_ task: LiveTask) {
        let record = task.machine.record
        guard record.state == .running, !task.machine.isEnding else { return }
        let now = clock.monotonic()
        let isConnected = fleet.places[record.queue]?.isConnected == true
        if let timeoutMs = task.machine.policy.timeoutMs, let startedAt = record.startedAt {
            let left = min(startedAt.milliseconds + timeoutMs - clock.wall().milliseconds, timeoutMs)
            // After our own start the device may have ended it, and comes back to say so.
            task.limitAt = now + max(left, isConnected ? 0 : DispatcherLimits.reviveMs)
            deadlines.set(.limit(record.id), at: record.isHalfTold ? task.limitAt : task.limitAt - timeoutMs / 2)
        }
        if let idleMs = task.machine.policy.idleMs, isConnected {
            task.spokeAt = now
            deadlines.set(.idle(record.id), at: now + idleMs - idleMs / 2)
        }
    }

    /// A task has waited for as long as it may.
    func expire(_ id: TaskID) {
        guard let task = live[id] else { return }
        let reason = place(of: task.machine.record)?.reason
        let isHeld = reason == .conversationBusy && fleet.places[task.machine.record.queue]?.queue.holds(id) == true
        update(id) { $0.expire(reason, isHeld: isHeld, now: clock.wall()) }
    }

    /// Half of the time of an attempt is over, or all of it.
    func limitReached(_ id: TaskID) {
        guard let task = live[id] else { return }
        let now = clock.monotonic()
        guard now < task.limitAt else { return overdue(task, .timeout) }
        update(id) { $0.halfTime(now: clock.wall()) }
        deadlines.set(.limit(id), at: task.limitAt)
    }

    /// An attempt may have been silent for half of the time that is allowed, or for all of it. The deadline is not
    /// moved with each event: it is looked at how long the last one is ago.
    func silenceReached(_ id: TaskID) {
        guard let task = live[id], let idleMs = task.machine.policy.idleMs,
            fleet.places[task.machine.record.queue]?.isConnected == true
        else { return }
        let now = clock.monotonic()
        let half = idleMs - idleMs / 2
        if task.openApprovals > 0 { task.spokeAt = now }
        let silent = now - task.spokeAt
        guard silent < idleMs else { return overdue(task, .idleTimeout) }
        guard silent >= half else { return deadlines.set(.idle(id), at: task.spokeAt + half) }
        update(id) { $0.halfSilent(now: clock.wall()) }
        deadlines.set(.idle(id), at: task.spokeAt + idleMs)
    }

    private func overdue(_ task: LiveTask, _ code: ErrorCode) {
        let record = task.machine.record
        let isConnected = fleet.places[record.queue]?.isConnected == true
        logger.notice("task overdue", metadata: ["task": "\(record.id)", "code": "\(code)"])
        update(record.id) { $0.overdue(code, connected: isConnected, now: clock.wall()) }
    }
}
