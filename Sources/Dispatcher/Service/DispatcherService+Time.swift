import Messages

/// What happens because time has passed.
extension DispatcherService {
    /// Does what is due; called some twenty times a second.
    func tick() {
        if isRenewalDue { startCommit() }
        let due = deadlines.due(clock.monotonic())
        guard !due.isEmpty else { return }
        // What is due for a task while nothing can be written is due again when everything has been loaded.
        for key in due where phase == .serving || key.isOfTheMesh { happen(key) }
        settle()
    }

    private func happen(_ key: DeadlineKey) {
        let now = clock.monotonic()
        switch key {
        case .assign(let task): repeatAssign(task)
        case .stop(let attempt): repeatStop(attempt)
        case .free(let attempt, let queue): free(attempt, queue)
        case .cancel(let task): update(task) { $0.stopUnconfirmed(now: clock.wall()) }
        case .grace(let task): graceEnded(task)
        case .expiry(let task): expire(task)
        case .limit(let task): limitReached(task)
        case .idle(let task): silenceReached(task)
        case .approval(let attempt, let request): approvalDue(attempt, request)
        case .report(let queue):
            fleet.markReported(queue)
            touched.insert(queue)
        case .positions(let queue): pending.moved.insert(queue)
        case .keepalive:
            keepAlive()
            deadlines.set(.keepalive, at: now + DispatcherLimits.keepaliveMs)
        case .sweep: sweep(at: now)
        case .retention: retain()
        case .watch: watchDevices()
        case .announce: announce()
        case .firstSnapshot: letGo(all: true)
        }
    }

    private func repeatAssign(_ id: TaskID) {
        guard let record = live[id]?.machine.record, record.state == .assigned,
            record.cancelRequestedAt == nil, fleet.places[record.queue]?.isConnected == true
        else { return }
        pending.effects.append(.assign(record.attemptID))
        deadlines.set(.assign(id), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    private func repeatStop(_ attempt: AttemptID) {
        guard let task = live[attempt.task], task.machine.isPlaced, task.machine.record.attemptID == attempt else {
            return
        }
        pending.effects.append(.stop(attempt, task.machine.record.queue, discard: false))
        deadlines.set(.stop(attempt), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    private func sweep(at now: Int64) {
        deadlines.set(.sweep, at: now + DispatcherLimits.sweepMs)
        let before = Timestamp(milliseconds: clock.wall().milliseconds - DispatcherLimits.idempotencyMs)
        Task(executorPreference: reactor) { await self.sweep(before: before) }
    }

    private func sweep(before: Timestamp) async {
        do { try await store.sweepKeys(before: before) } catch {
            logger.warning("expired keys could not be deleted", metadata: ["error": "\(error)"])
        }
    }

    /// Takes nothing more in, and waits until what was decided is on disk, at most
    /// ``DispatcherConfiguration/drainS``.
    func stop() async {
        guard phase != .stopping else { return }
        phase = .stopping
        letGo(all: true)
        letSuccessorsGo()
        let limit = Duration.seconds(configuration.drainS)
        let late = Task(executorPreference: reactor) {
            try await Task.sleep(for: limit)
            await self.giveUp()
        }
        await withCheckedContinuation { waiter in
            if isCommitting { idle.append(waiter) } else { waiter.resume() }
        }
        late.cancel()
        let fault = notServing
        for waiter in pending.waiters { waiter.resume(throwing: fault) }
        pending = Pending()
    }

    /// What was decided has not reached the disk in time: it has not happened.
    private func giveUp() {
        logger.error("the store has not taken what was decided before the stop")
        for waiter in idle { waiter.resume() }
        idle = []
    }
}
