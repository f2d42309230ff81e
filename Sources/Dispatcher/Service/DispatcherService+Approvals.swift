import Messages

/// Permission requests: taken from executors, shown to people, answered once, and delivered until the executor says
/// that its agent has the answer.
extension DispatcherService {
    // MARK: What executors say

    /// An agent asks. The request is shown behind the events that came before it, so it waits for those.
    func asked(_ message: ApprovalRequest, from ref: SessionRef) {
        guard let key = sender(ref) else { return }
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard let task = current(attempt, key) else { return stray(attempt, key, settling: true) }
        let now = clock.wall()
        update(message.task) { $0.started(attempt: message.attempt, now: now) }
        task.early.removeAll { $0.attempt != message.attempt }
        if let known = task.machine.approvals[message.request] {
            pending.effects.append(
                known.isPending ? .recorded(attempt, key, request: message.request) : .answer(known, key))
        } else if let complaint = ApprovalBounds.complaint(message) {
            refuse(message, task, because: complaint)
            // It would be said again for ever. There is nothing to write: nobody was asked.
            notify(
                key,
                ApprovalAnswer(
                    task: message.task, attempt: message.attempt, request: message.request, epoch: store.epoch,
                    decision: .deny, scope: .once, message: "nobody can be asked for this: \(complaint)"))
        } else if task.early.contains(where: { $0.request == message.request }) {
            // It waits for its events. An agent that waits, too, sends no others by which a loss would be noticed.
            let monotonic = clock.monotonic()
            update(message.task) { $0.reported(last: message.after, monotonic: monotonic) }
        } else if task.machine.approvals.open.count + task.early.count >= Limits.openApprovals {
            // It is said again, and there may be room then.
            refuse(message, task, because: "\(Limits.openApprovals) are open already")
        } else {
            task.early.append(message)
            takeEarly(task)
        }
        settle()
    }

    /// Records the requests whose turn has come.
    func takeEarly(_ task: LiveTask) {
        let record = task.machine.record
        let ready = task.early.filter { $0.after <= record.attemptSeq }
        guard !ready.isEmpty else { return }
        task.early.removeAll { $0.after <= record.attemptSeq }
        let now = clock.wall()
        let expires = now.adding(seconds: configuration.approvalS)
        for request in ready {
            update(record.id) { $0.asked(request, id: .generate(at: now), expiresAt: expires, now: now) }
        }
    }

    private func refuse(_ message: ApprovalRequest, _ task: LiveTask, because complaint: String) {
        approvalsRefused.increment()
        // Executors repeat what they are not answered.
        guard task.refusals.insert(LiveTask.Refusal(attempt: message.attempt, reason: complaint)).inserted else {
            return
        }
        logger.warning(
            "a permission request was refused",
            metadata: ["task": "\(message.task)", "attempt": "\(message.attempt)", "reason": "\(complaint)"])
    }

    /// An agent has its answer or does not wait for one.
    func closed(_ message: ApprovalClosed, from ref: SessionRef) {
        guard let key = sender(ref) else { return }
        guard let task = current(AttemptID(task: message.task, attempt: message.attempt), key) else {
            return stale.count(.attempt)
        }
        task.early.removeAll { $0.request == message.request }
        let now = clock.wall()
        update(message.task) { $0.closed(message.request, now: now) }
        settle()
    }

    // MARK: What follows

    /// A request is new or has changed: what is told after the commit, and what is due later.
    func follow(_ approval: Approval, _ key: QueueKey) {
        pending.approvals[approval.id] = approval
        // The silence of an agent that waited for a person begins anew.
        live[approval.attempt.task]?.spokeAt = clock.monotonic()
        let deadline = DeadlineKey.approval(approval.attempt, approval.request)
        guard !approval.isDelivered else { return deadlines.cancel(deadline) }
        pending.effects.append(
            approval.isPending ? .recorded(approval.attempt, key, request: approval.request) : .answer(approval, key))
        let left = Int64((approval.expiresAt.seconds(since: clock.wall()) * 1000).rounded(.up))
        deadlines.set(deadline, at: clock.monotonic() + (approval.isPending ? left : DispatcherLimits.repeatMs))
    }

    /// The time of a request is over, or its answer was not confirmed.
    func approvalDue(_ attempt: AttemptID, _ request: String) {
        guard let task = live[attempt.task], task.machine.record.attemptID == attempt,
            let approval = task.machine.approvals.open[request]
        else { return }
        let now = clock.wall()
        if approval.isPending { return update(attempt.task) { $0.expired(request, now: now) } }
        deliver(approval, task.machine.record.queue)
    }

    /// Sends the answers of a device's attempts that it has not confirmed: it has a new session, or we begin to serve.
    func deliverAnswers(_ attempt: AttemptID, _ key: QueueKey) {
        for approval in live[attempt.task]?.machine.approvals.undelivered ?? [] { deliver(approval, key) }
    }

    private func deliver(_ approval: Approval, _ key: QueueKey) {
        // The next session brings it about again.
        guard fleet.places[key]?.isConnected == true else { return }
        pending.effects.append(.answer(approval, key))
        deadlines.set(
            .approval(approval.attempt, approval.request), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    /// Takes up what is open of a task that was loaded.
    func adoptApprovals(of task: LiveTask) {
        let now = clock.wall()
        for approval in task.machine.approvals.open.values where approval.isPending {
            // The clock may have been set meanwhile: nobody waits longer than the whole time.
            let left = min(max(approval.expiresAt.seconds(since: now), 0), configuration.approvalS)
            deadlines.set(
                .approval(approval.attempt, approval.request), at: clock.monotonic() + Int64((left * 1000).rounded(.up))
            )
        }
    }

    // MARK: What people say

    /// A page of an owner's requests, newest first.
    /// - Throws: ``Fault`` `storage_failed`.
    func list(_ message: ApprovalList) async throws -> ApprovalListing {
        try await assureLead()
        do { return try await store.approvals(message) } catch { throw storeFault(error) }
    }

    /// Answers a request, once: whoever comes second is told who was first, when that is on disk.
    /// - Throws: ``Fault`` `approval_not_found`, `approval_resolved`, `approval_abandoned`, `invalid_request`,
    ///   `storage_failed`, or that nothing is answered now.
    func decide(_ message: ApprovalDecide) async throws -> ApprovalView {
        guard phase == .serving else { throw lostFault }
        try ApprovalBounds.check(message)
        try await assureLead()
        guard phase == .serving else { throw lostFault }
        if let task = live[message.task], task.machine.record.owner == message.owner {
            let now = clock.wall()
            update(message.task) { $0.decided(message, now: now) }
            settle()
            // Also when that made no difference: what did may be on its way to the disk.
            try await committed(since: failures)
        }
        let approval: Approval?
        do { approval = try await store.approval(message.approval, owner: message.owner) } catch {
            throw storeFault(error)
        }
        guard let approval, approval.attempt.task == message.task else {
            throw Fault(.approvalNotFound, "there is no permission request \(message.approval) of task \(message.task)")
        }
        // What is on disk says whose answer counts.
        guard approval.answer == message.answer else { throw approval.refusal }
        return approval.view
    }
}
