import Messages

/// Taking in tasks.
extension DispatcherService {
    /// Takes a task in and answers once it is on disk. A repeated one is answered with the task as it is.
    /// - Throws: ``Fault``: what ``Submission`` and ``Placement`` say, `idempotency_mismatch`, `conflict`,
    ///   `conversation_not_found`, `queue_full`, `storage_failed`, or that nothing is answered now.
    func submit(_ submit: TaskSubmit, retryOf: TaskID? = nil, trace: TraceID) async throws -> TaskView {
        guard phase == .serving else { throw lostFault }
        try await assureLead()
        try Submission.validate(submit)
        if let task = try repeated(submit, PriorSubmission()) { return try await existing(task, owner: submit.owner) }
        var prior: PriorSubmission
        var seen: UInt64
        repeat {
            seen = deletions
            do { prior = try await store.prior(to: submit, now: clock.wall()) } catch { throw storeFault(error) }
        } while retryOf != nil && seen != deletions
        guard phase == .serving else { throw lostFault }
        // The same one may have come in while the store was asked; from here to the commit nobody gets in between.
        if let task = try repeated(submit, prior) { return try await existing(task, owner: submit.owner) }
        try accept(submit, prior, retryOf: retryOf, trace: trace)
        settle()
        try await committed(since: failures)
        return try await committedView(submit.task, owner: submit.owner)
    }

    /// The task of an earlier copy of the submission, if there was one.
    func repeated(_ submit: TaskSubmit, _ prior: PriorSubmission) throws -> TaskID? {
        if let owner = recent.owner(of: submit.task) ?? live[submit.task]?.machine.record.owner ?? prior.taskOwner {
            guard owner == submit.owner else {
                throw Fault(.conflict, "task \(submit.task) exists already; take a new id")
            }
            return submit.task
        }
        guard let text = submit.idempotencyKey else { return nil }
        let key = IdempotencyKey(owner: submit.owner, text: text)
        guard let made = recent.made(by: key) ?? prior.keyed else { return nil }
        guard made.digest == submit.digest ?? "" else {
            throw Fault(
                .idempotencyMismatch,
                "the idempotency key was used for task \(made.task) with another request; take a new key")
        }
        return made.task
    }

    func existing(_ task: TaskID, owner: UserID) async throws -> TaskView {
        if live[task] != nil { try await committed(since: failures) }
        return try await view(task, owner: owner)
    }

    private func accept(
        _ submit: TaskSubmit, _ prior: PriorSubmission, retryOf: TaskID?, trace: TraceID
    ) throws {
        let conversation = submit.conversation ?? ConversationID.generate(at: clock.wall())
        if let owner = lines.owner(of: conversation) ?? prior.conversationOwner, owner != submit.owner {
            throw Fault(.conversationNotFound, "there is no conversation \(conversation)")
        }
        // What was deleted meanwhile does not come back by what is left of it in memory.
        if let retryOf,
            deleting.contains(conversation) || lines.owner(of: conversation) == nil && prior.conversationOwner == nil
        {
            throw unknown(retryOf)
        }
        // A task that is done again is what it was, whatever its owner would choose now.
        let choices = resolve(submit.choices, defaults: retryOf == nil ? prior.defaults : Choices())
        let policy = policy(choices)
        let question = Placement.Question(
            owner: submit.owner, target: submit.target, device: nil, isNew: true,
            conversationIsBusy: lines.first(in: conversation) != nil, ifOffline: policy.ifOffline,
            graceMs: policy.graceMs)
        let now = clock.wall()
        let key: QueueKey
        switch Placement.decide(question, fleet: fleet, now: now) {
        case .fail(let fault): throw fault
        case .device(let place), .wait(let place, _): key = place
        }
        guard queued[submit.owner, default: 0] < Limits.queuePerUser else {
            throw Fault(
                .queueFull, "\(Limits.queuePerUser) tasks are queued already; wait for some to end or cancel them")
        }
        let partition = Partition(owner: submit.owner)
        let ordinal = lastOrdinals[partition, default: 0] + 1
        lastOrdinals[partition] = ordinal
        // A clock that is set back does not let anybody pass by who has waited.
        lastAccepted = max(lastAccepted, now.milliseconds)
        var record = TaskRecord(
            ordinal: ordinal, id: submit.task, owner: submit.owner, target: submit.target, device: key.device,
            conversation: conversation, agent: submit.agent,
            excerpt: Submission.excerpt(submit.prompt), cwd: submit.cwd,
            trace: trace == .none ? nil : trace.description, createdAt: now,
            choices: choices, retryOf: retryOf, rank: lastAccepted + Policy.delayMs(policy.priority), queuedAt: now)
        record.deviceName = fleet.places[key]?.name
        enter(record, submit)
    }

    private func enter(_ record: TaskRecord, _ submit: TaskSubmit) {
        let key = submit.idempotencyKey.map { IdempotencyKey(owner: submit.owner, text: $0) }
        let task = LiveTask(
            TaskMachine(record, policy: policy(record.choices)), visible: nil, prompt: submit.prompt)
        if submit.conversation == nil { task.follows = .read(nil) }
        live[record.id] = task
        lines.join(record.id, ordinal: record.ordinal, conversation: record.conversation, owner: record.owner)
        fleet.queue(record.queue) { $0.insert(record.waiting) }
        countQueued(record.owner, 1)
        watchTimes(task, before: nil)
        pending.untold.insert(record.id)
        pending.creations[record.id] = CommitBatch.Creation(
            prompt: submit.prompt, key: key, digest: submit.digest ?? "")
        pending.dirty.insert(record.id)
        recent.add(
            record.id, owner: record.owner, key: key, digest: submit.digest ?? "", at: clock.monotonic())
        touched.insert(record.queue)
    }

    /// A store's error, as it crosses the wire.
    func storeFault(_ error: any Error) -> Fault {
        if let fault = error as? Fault { return fault }
        let storeError = error as? TaskStoreError ?? TaskStoreError(.rejected, "\(error)")
        if storeError.kind != .invalidCursor {
            logger.error("the task store could not be read", metadata: ["error": "\(error)"])
        }
        return storeError.readFault
    }
}
