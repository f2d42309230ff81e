import Messages

/// New tasks.
extension DispatcherService {
    /// Accepts a task and answers once it is on disk. A repeated submission is answered with the task as it is.
    /// - Throws: ``Fault``: as ``Submission`` and ``Admission``, `idempotency_mismatch`, `conflict`, `storage_failed`, or
    ///   as ``assureServing(_:)``.
    func submit(_ submit: TaskSubmit, retryOf: TaskID? = nil, trace: TraceID) async throws -> TaskView {
        try await assureServing(submit.owner)
        try Submission.validate(submit)
        var seen: UInt64?
        var prior = PriorSubmission()
        repeat {
            if let task = try earlier(submit, prior) { return try await existing(task, owner: submit.owner) }
            seen = shards[submit.owner]?.deletions
            prior = try await self.prior(to: submit)
            // A retry must not overlook a deletion during the read. After the loop nothing is awaited before `create`, so
            // that no other copy is accepted in between.
        } while retryOf != nil && seen != shards[submit.owner]?.deletions
        guard isServing(submit.owner) else { throw lostFault }
        if let task = try earlier(submit, prior) { return try await existing(task, owner: submit.owner) }
        let admission = Admission(
            submit: submit, prior: prior, retryOf: retryOf, trace: trace, configuration: configuration,
            now: clock.wall())
        guard let record = try shards.update(submit.owner, { try admission.accept(&$0, fleet) }) else {
            throw notServing(submit.owner)
        }
        create(record, submit)
        try await commit(submit.task, since: committer.failures(of: submit.task))
        return try await committedView(submit.task, owner: submit.owner)
    }

    /// Creates a new task from an ended one and answers once it is on disk. A repeated request is answered with the task
    /// as it is.
    /// - Throws: ``Fault`` `task_not_found`, `conflict` while the old task has not ended, and as
    ///   ``submit(_:retryOf:trace:)``.
    func retry(_ message: TaskRetry, trace: TraceID) async throws -> TaskView {
        try await assureServing(message.owner)
        // A repeated retry is answered even when the old task was deleted since.
        var submit = TaskSubmit(
            task: message.task, owner: message.owner, prompt: "", target: .cloud, agent: "",
            idempotencyKey: message.idempotencyKey, digest: message.digest)
        var earlier = try earlier(submit, PriorSubmission())
        if earlier == nil { earlier = try self.earlier(submit, try await prior(to: submit)) }
        if let earlier { return try await existing(earlier, owner: message.owner) }
        let (record, prompt) = try await storedTask(message.of, owner: message.owner)
        guard record.state.isTerminal else {
            throw Fault(
                .conflict, "task \(message.of) is \(record.state); only a task that has ended can be retried")
        }
        submit.prompt = prompt
        // The device that it had: with its target alone a retry could end up in the cloud.
        submit.target = record.device.map(Target.device) ?? record.target
        submit.agent = record.agent
        submit.cwd = record.cwd
        submit.conversation = record.conversation
        submit.choices = record.choices
        submit.terminal = record.terminal
        submit.splitOutput = record.splitOutput
        return try await self.submit(submit, retryOf: message.of, trace: trace)
    }

    /// Reads what earlier submissions left that `submit` must be checked against.
    private func prior(to submit: TaskSubmit) async throws -> PriorSubmission {
        do { return try await store.prior(to: submit, now: clock.wall()) } catch { throw unreadable(error) }
    }

    /// Returns the task that an earlier copy of a submission created, as far as memory and `prior` show.
    private func earlier(_ submit: TaskSubmit, _ prior: PriorSubmission) throws -> TaskID? {
        try recent.earlier(submit, liveOwner: live[submit.task]?.machine.record.owner, prior)
    }

    private func existing(_ task: TaskID, owner: UserID) async throws -> TaskView {
        if live[task] != nil { try await commit(task, since: committer.failures(of: task)) }
        return try await view(task, owner: owner)
    }

    private func create(_ record: TaskRecord, _ submit: TaskSubmit) {
        let key = submit.idempotencyKey.map { IdempotencyKey(owner: submit.owner, text: $0) }
        let digest = submit.digest ?? ""
        let task = LiveTask(
            TaskMachine(record, policy: configuration.policy(record.choices)), visible: nil, prompt: submit.prompt)
        if submit.conversation == nil { task.follows = .read(nil) }
        insert(task)
        positions.add(record.id)
        changedQueues.insert(record.queue)
        committer.create(record.id, CommitBatch.Creation(prompt: submit.prompt, key: key, digest: digest))
        recent.add(record.id, owner: record.owner, key: key, digest: digest, at: clock.monotonic())
        if let first = shards[record.owner]?.lines.first(in: record.conversation) { wrapUp(first) }
    }
}
