import Messages

/// Permission requests: taken from executors, shown to people, answered once, and sent until the executor confirms that
/// its agent has the answer.
extension DispatcherService {
    // MARK: Messages of executors

    /// Takes an agent's permission request. It is recorded after the events that came before it, so it waits for those.
    func requested(_ message: ApprovalRequest, from ref: SessionRef) {
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard let (task, worker) = receive(attempt, from: ref) else { return }
        if task.machine.record.state == .assigned {
            update(message.task) { $0.started(attempt: message.attempt, now: clock.wall()) }
        }
        task.early.removeAll { $0.attempt != message.attempt }
        if let known = task.machine.approvals[message.request] {
            committer.send(
                known.isPending ? .recorded(attempt, worker, request: message.request) : .answer(known, worker))
        } else if let complaint = ApprovalBounds.complaint(message) {
            deny(message, task, worker, because: complaint)
        } else if task.early.contains(where: { $0.request == message.request }) {
            // The request waits for the events before it. An agent that waits sends nothing that would reveal their
            // loss.
            let monotonic = clock.monotonic()
            update(message.task) { $0.reported(last: message.after, monotonic: monotonic) }
        } else if task.machine.approvals.open.count + task.early.count >= Limits.openApprovals {
            // The executor repeats it, and there may be room then.
            countRefusal(message, task, because: "\(Limits.openApprovals) are open already")
        } else {
            task.early.append(message)
            recordEarlyRequests(task)
        }
        settle()
    }

    /// Records the requests that have no missing events before them.
    func recordEarlyRequests(_ task: LiveTask) {
        let record = task.machine.record
        let ready = task.early.filter { $0.after <= record.attemptSeq }
        guard !ready.isEmpty else { return }
        task.early.removeAll { $0.after <= record.attemptSeq }
        let now = clock.wall()
        let expires = now.adding(seconds: configuration.approvalS)
        for request in ready {
            update(record.id) { $0.requested(request, id: .generate(at: now), expiresAt: expires, now: now) }
        }
    }

    /// Denies an invalid request at once: the executor would repeat it for ever. Nothing is stored, since it was shown to
    /// no person.
    private func deny(_ message: ApprovalRequest, _ task: LiveTask, _ worker: WorkerID, because complaint: String) {
        countRefusal(message, task, because: complaint)
        notify(
            worker,
            ApprovalAnswer(
                task: message.task, attempt: message.attempt, request: message.request,
                epoch: shards.epoch(of: worker.owner), decision: .deny, scope: .once,
                message: "the request cannot be shown to a person: \(complaint)"))
    }

    private func countRefusal(_ message: ApprovalRequest, _ task: LiveTask, because complaint: String) {
        approvalsRefused.increment()
        // Logged once: executors repeat unanswered requests.
        guard task.refusals.insert(LiveTask.Refusal(attempt: message.attempt, reason: complaint)).inserted else {
            return
        }
        logger.warning(
            "a permission request was refused",
            metadata: ["task": "\(message.task)", "attempt": "\(message.attempt)", "reason": "\(complaint)"])
    }

    /// Handles the report that an agent has its answer, or no longer waits for one.
    func closed(_ message: ApprovalClosed, from ref: SessionRef) {
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard let (task, _) = receive(attempt, from: ref, orStop: false) else { return }
        task.early.removeAll { $0.request == message.request }
        updateAndSettle(message.task) { $0.closed(message.request, now: clock.wall()) }
    }

    // MARK: Deadlines and answers

    /// Expires a request, or repeats its answer, which was not confirmed.
    func approvalDue(_ attempt: AttemptID, _ request: String) {
        guard let task = live[attempt.task], task.machine.record.attemptID == attempt,
            let approval = task.machine.approvals.open[request]
        else { return }
        let now = clock.wall()
        if approval.isPending { return update(attempt.task) { $0.expired(request, now: now) } }
        sendAnswer(approval, task)
    }

    /// Sends the unconfirmed answers of a task: its executor has a new session, or the dispatcher begins to serve.
    func sendAnswers(of task: LiveTask) {
        for approval in task.machine.approvals.undelivered { sendAnswer(approval, task) }
    }

    private func sendAnswer(_ approval: ApprovalRecord, _ task: LiveTask) {
        // An executor that is away gets the answer in its next session.
        guard let worker = WorkerID(serving: task.machine.record.queue), fleet.workers[worker]?.isConnected == true
        else { return }
        committer.send(.answer(approval, worker))
        deadlines.set(
            .approval(approval.attempt, approval.request), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    /// Sets the deadlines of a loaded task's pending requests.
    func setApprovalDeadlines(_ task: LiveTask) {
        let now = clock.wall()
        for approval in task.machine.approvals.open.values where approval.isPending {
            // The wall clock may have been set since: the rest is at most the whole time.
            let left = min(max(approval.expiresAt.seconds(since: now), 0), configuration.approvalS)
            deadlines.set(
                .approval(approval.attempt, approval.request), at: clock.monotonic() + Int64((left * 1000).rounded(.up))
            )
        }
    }

    // MARK: Decisions of people

    /// Returns a page of an owner's requests, newest first.
    /// - Throws: ``Fault`` `storage_failed`, or as ``assureLead(_:)``.
    func list(_ message: ApprovalList) async throws -> ApprovalListing {
        try await assureLead(message.owner)
        do { return try await store.approvals(message) } catch { throw unreadable(error) }
    }

    /// Answers a request, once: a later answer is refused with the first one, when that is on disk.
    /// - Throws: ``Fault`` `approval_not_found`, `approval_resolved`, `approval_abandoned`, `invalid_request`,
    ///   `storage_failed`, or as ``assureServing(_:)``.
    func decide(_ message: ApprovalDecide) async throws -> ApprovalView {
        try await assureServing(message.owner)
        try ApprovalBounds.check(message)
        if let task = live[message.task], task.machine.record.owner == message.owner {
            // An answer that the request does not offer is refused while it is pending; else the answer that counts is
            // what matters.
            if let open = task.machine.approvals.open(message.approval), open.isPending {
                _ = try ApprovalChoice(message, of: open)
            }
            let now = clock.wall()
            update(message.task) { $0.decided(message, now: now) }
            // Waits even if this answer changed nothing: the answer that counts may not be on disk yet.
            try await commit(message.task, since: committer.failures(of: message.task))
        }
        let approval: ApprovalRecord?
        do { approval = try await store.approval(message.approval, owner: message.owner) } catch {
            throw unreadable(error)
        }
        guard let approval, approval.attempt.task == message.task else {
            throw Fault(.approvalNotFound, "there is no permission request \(message.approval) of task \(message.task)")
        }
        guard approval.answer == message.answer else { throw approval.refusal }
        return approval.view
    }
}
