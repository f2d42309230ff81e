import Messages

/// Messages of people to running turns: sent to the executor until its events show that the turn has the message, or the
/// executor refuses it.
extension DispatcherService {
    /// Gives a message to a running turn and answers once it is on disk that the turn has it. Safe to repeat.
    /// - Throws: ``Fault`` `task_not_found`, `conflict` when the task does not run, `steer_unsupported`,
    ///   `idempotency_mismatch`, `rate_limited`, `deadline_exceeded`, `invalid_request`, or as ``assureServing(_:)``.
    func steer(_ message: TaskMessage) async throws -> Done {
        try await assureServing(message.owner)
        try Submission.checkText(message.text)
        let record: TaskRecord
        if let task = live[message.task] {
            record = task.machine.record
        } else {
            record = try await storedTask(message.task, owner: message.owner).record
        }
        guard record.owner == message.owner else { throw Fault.noTask(message.task) }
        guard try !isTaken(message, record) else {
            if live[message.task] != nil { try await commit(message.task, since: committer.failures(of: message.task)) }
            return Done()
        }
        try await withCheckedThrowingContinuation { (waiter: SteerTable.Waiter) in
            do { try send(message, waiter) } catch { waiter.resume(throwing: error) }
        }
        return Done()
    }

    private func isTaken(_ message: TaskMessage, _ record: TaskRecord) throws -> Bool {
        guard let taken = record.messages.first(where: { $0.id == message.message }) else { return false }
        guard taken.mayBe(message.text) else { throw mismatch(message) }
        return true
    }

    private func send(_ message: TaskMessage, _ waiter: SteerTable.Waiter) throws {
        // Any of this may have changed while the callers above waited.
        guard isServing(message.owner) else { throw lostFault }
        guard let task = live[message.task], task.machine.record.state == .running, !task.machine.isEnding else {
            throw notRunning(message.task)
        }
        let record = task.machine.record
        if try isTaken(message, record) {
            committer.wait(waiter, for: message.task)
            return settle()
        }
        if let known = steers[message.message] {
            guard known.text == message.text, known.attempt == record.attemptID else { throw mismatch(message) }
            return steers.join(message.message, waiter)
        }
        guard steers.messages(of: record.attemptID).count < DispatcherLimits.openMessages else {
            throw Fault(
                .rateLimited,
                "\(DispatcherLimits.openMessages) messages to task \(message.task) wait for its turn already; try again "
                    + "later")
        }
        let now = clock.monotonic()
        steers.add(
            message.message,
            SteerTable.Steer(
                attempt: record.attemptID, text: message.text, endsAt: now + DispatcherLimits.messageMs,
                waiters: [waiter]))
        repeatSteer(message.message, now: now)
        settle()
    }

    // MARK: To the executor

    private func repeatSteer(_ id: MessageID, now: Int64) {
        guard let steer = steers[id] else { return }
        committer.send(.steer(id))
        deadlines.set(.steer(id), at: min(now + DispatcherLimits.repeatMs, steer.endsAt))
    }

    func sendSteer(_ id: MessageID) {
        guard let steer = steers[id], let task = live[steer.attempt.task],
            let worker = WorkerID(serving: task.machine.record.queue), current(steer.attempt, worker) != nil
        else { return }
        notify(
            worker,
            TaskSteer(
                task: steer.attempt.task, attempt: steer.attempt.attempt, epoch: shards.epoch(of: worker.owner),
                message: id, text: steer.text))
    }

    /// Sends an attempt's messages again: its executor has a new session.
    func sendSteers(of attempt: AttemptID) {
        for id in steers.messages(of: attempt) { repeatSteer(id, now: clock.monotonic()) }
    }

    /// Repeats a message, or gives it up.
    func steerDue(_ id: MessageID) {
        let now = clock.monotonic()
        guard let steer = steers[id] else { return }
        guard now >= steer.endsAt else { return repeatSteer(id, now: now) }
        steers.remove(id)?.fail(
            Fault(
                .deadlineExceeded,
                "the turn of task \(steer.attempt.task) has not taken the message within "
                    + "\(DispatcherLimits.messageMs / 1000) s and may still do so; repeat it with the same idempotency key"
            ))
    }

    // MARK: From the executor

    /// Takes an event that the dispatcher acts on.
    func heed(_ event: Event) {
        if event.kind == .waiting {
            guard let payload = try? WaitingPayload(reading: event.payload) else { return }
            update(event.task) { $0.waits(payload, now: clock.wall()) }
            return wrapUp(event.task)
        }
        guard let payload = try? TextPayload(reading: event.payload),
            let id = payload.meta?.message.flatMap({ MessageID($0) })
        else { return }
        let isKnown = steers[id]?.attempt.task == event.task
        let taken = TakenMessage(id, text: isKnown ? steers[id]?.text : nil)
        update(event.task) { $0.took(taken) }
        guard isKnown, let steer = steers.remove(id) else { return }
        deadlines.cancel(.steer(id))
        for waiter in steer.waiters { committer.wait(waiter, for: event.task) }
    }

    /// An executor's agent does not take a message.
    func refused(_ message: TaskSteerRefused, from ref: SessionRef) {
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard receive(attempt, from: ref, orStop: false) != nil, steers[message.message]?.attempt == attempt else {
            return
        }
        deadlines.cancel(.steer(message.message))
        let code = message.fault.code == .steerUnsupported ? ErrorCode.steerUnsupported : .conflict
        steers.remove(message.message)?.fail(Fault(code, message.fault.message))
    }

    // MARK: Ends

    /// The attempt has ended: no turn takes its messages any more.
    func failSteers(of record: TaskRecord) {
        for id in steers.messages(of: record.attemptID) {
            deadlines.cancel(.steer(id))
            steers.remove(id)?.fail(notRunning(record.id))
        }
    }

    /// Fails the senders of all messages: nothing is served.
    func failSteers(_ fault: Fault) {
        for steer in steers.removeAll() { steer.fail(fault) }
    }

    private func notRunning(_ task: TaskID) -> Fault {
        let state = live[task].map { "is \($0.machine.record.state)" } ?? "has ended"
        return Fault(
            .conflict,
            "task \(task) \(state); only a running turn takes messages, so submit the text as the conversation's next task"
        )
    }

    private func mismatch(_ message: TaskMessage) -> Fault {
        Fault(
            .idempotencyMismatch,
            "the idempotency key was used for another message to task \(message.task); take a new key")
    }
}
