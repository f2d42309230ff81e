import Messages

/// The dispatcher's deadlines and periodic work.
extension DispatcherService {
    /// Called some twenty times a second.
    func tick() {
        viewers.assumeIsolated { $0.tick() }
        if lease.isRenewalDue { startCommit() }
        if phase != .deposed, phase != .stopping, lease.isBeatDue() { store.beat() }
        // Deadlines that pass while the store takes no write are set again when tasks are loaded.
        let due = deadlines.due(clock.monotonic())
        guard phase == .serving else { return }
        for deadline in due { pass(deadline) }
        positions.tick(clock.monotonic())
        tickSweeper()
        stopBudgets.tick(clock.monotonic())
        settle()
    }

    private func pass(_ deadline: DeadlineKey) {
        switch deadline {
        case .assign(let task): repeatAssignment(task)
        case .stop(let attempt): repeatStop(attempt)
        case .freeSlot(let attempt, let worker): freeSlot(attempt, worker)
        case .cancel(let task): update(task) { $0.stopUnconfirmed(now: clock.wall()) }
        case .grace(let task): graceEnded(task)
        case .expiry(let task): expire(task)
        case .limit(let task):
            checkLimit(task) { $0.limitReached(connected: $1, monotonic: clock.monotonic(), now: clock.wall()) }
        case .idle(let task):
            checkLimit(task) { $0.silenceReached(connected: $1, monotonic: clock.monotonic(), now: clock.wall()) }
        case .reset(let task):
            update(task) { $0.limitEnded(monotonic: clock.monotonic(), now: clock.wall()) }
        case .wrapUp(let task): wrapUp(task)
        case .steer(let message): steerDue(message)
        case .approval(let attempt, let request): approvalDue(attempt, request)
        case .report(let worker):
            fleet.markReported(worker)
            changedQueues.formUnion(worker.queues)
        }
    }

    private func repeatAssignment(_ id: TaskID) {
        guard let record = live[id]?.machine.record, record.state == .assigned, record.cancelRequestedAt == nil,
            fleet.isConnected(record.queue)
        else { return }
        assign(record)
    }

    private func repeatStop(_ attempt: AttemptID) {
        guard let task = live[attempt.task], task.machine.isPlaced, task.machine.record.attemptID == attempt,
            let worker = WorkerID(serving: task.machine.record.queue)
        else { return }
        committer.send(.stop(attempt, worker, discard: false))
        deadlines.set(.stop(attempt), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    private func expire(_ id: TaskID) {
        guard let record = live[id]?.machine.record else { return }
        let reason = position(of: record)?.reason
        let isHeld =
            reason == .conversationBusy && fleet.worker(serving: record.queue)?.slots.holds(id) == true
        update(id) { $0.expire(reason, isHeld: isHeld, now: clock.wall()) }
    }

    /// Lets the machine check a limit of a running attempt.
    private func checkLimit(_ id: TaskID, _ check: (inout TaskMachine, _ connected: Bool) -> [TaskAction]) {
        guard let before = live[id]?.machine.record else { return }
        let isConnected = fleet.isConnected(before.queue)
        update(id) { check(&$0, isConnected) }
        guard before.overdue == nil, let code = live[id]?.machine.record.overdue else { return }
        logger.notice("task overdue", metadata: ["task": "\(id)", "code": "\(code)"])
    }
}
