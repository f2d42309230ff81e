import Messages

/// Sizes of running tasks' pseudo-terminals.
extension DispatcherService {
    /// Stores another size and sends it to the executor.
    /// - Throws: ``Fault`` `task_not_found`, `conflict` when the task does not run or has no terminal, `invalid_request`, or
    ///   as ``assureServing(_:)``.
    func resize(_ message: TaskTerminal) async throws -> Done {
        try await assureServing(message.owner)
        try message.terminal.check()
        guard let record = live[message.task]?.machine.record else {
            _ = try await storedTask(message.task, owner: message.owner)
            throw Fault(.conflict, "task \(message.task) has ended")
        }
        guard record.owner == message.owner else { throw Fault.noTask(message.task) }
        guard record.state == .running else {
            throw Fault(.conflict, "task \(message.task) is \(record.state); only a running one has a terminal")
        }
        guard record.terminal != nil else {
            throw Fault(.conflict, "task \(message.task) has no terminal; submit it with 'terminal' for one")
        }
        update(message.task) { $0.resized(message.terminal) }
        committer.send(.resize(record.attemptID))
        try await commit(message.task, since: committer.failures(of: message.task))
        return Done()
    }

    func sendResize(_ attempt: AttemptID) {
        guard let record = live[attempt.task]?.machine.record, record.attemptID == attempt, record.state == .running,
            let size = record.terminal, let worker = WorkerID(serving: record.queue)
        else { return }
        notify(
            worker,
            TaskResize(
                task: attempt.task, attempt: attempt.attempt, epoch: shards.epoch(of: record.owner), terminal: size))
    }
}
