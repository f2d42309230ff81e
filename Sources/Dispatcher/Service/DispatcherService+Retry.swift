import Messages

/// Doing an ended task again.
extension DispatcherService {
    /// Makes a new task of an old one and answers once it is on disk. A repeated one is answered with the task as it is.
    /// - Throws: ``Fault`` `task_not_found`, `conflict` while the old one has not ended, and as
    ///   ``submit(_:retryOf:trace:)``.
    func retry(_ message: TaskRetry, trace: TraceID) async throws -> TaskView {
        guard phase == .serving else { throw lostFault }
        try await assureLead()
        // One that was done before is answered even when the old task has been deleted since.
        var submit = TaskSubmit(
            task: message.task, owner: message.owner, prompt: "", target: .cloud, agent: "",
            idempotencyKey: message.idempotencyKey, digest: message.digest)
        if let task = try await known(submit) { return try await existing(task, owner: message.owner) }
        let old: (record: TaskRecord, prompt: String)?
        do { old = try await store.task(message.of, owner: message.owner) } catch { throw storeFault(error) }
        guard let (record, prompt) = old else { throw unknown(message.of) }
        guard record.state.isTerminal else {
            throw Fault(
                .conflict, "task \(message.of) is \(record.state); only a task that has ended can be done again")
        }
        submit.prompt = prompt
        // Never to the cloud by accident: where it was meant to run, or has run.
        submit.target = record.device.map(Target.device) ?? record.target
        submit.agent = record.agent
        submit.cwd = record.cwd
        submit.conversation = record.conversation
        submit.choices = record.choices
        return try await self.submit(submit, retryOf: message.of, trace: trace)
    }

    /// The task that an earlier copy of the submission made, if there was one.
    private func known(_ submit: TaskSubmit) async throws -> TaskID? {
        if let task = try repeated(submit, PriorSubmission()) { return task }
        let prior: PriorSubmission
        do { prior = try await store.prior(to: submit, now: clock.wall()) } catch { throw storeFault(error) }
        return try repeated(submit, prior)
    }
}
