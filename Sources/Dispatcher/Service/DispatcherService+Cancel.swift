import Messages

/// Cancellations by owners.
extension DispatcherService {
    /// Stores the request to end a task and answers with the task as it is then.
    /// - Throws: ``Fault`` `task_not_found`, `storage_failed`, or as ``assureServing(_:)``.
    func cancel(_ message: TaskCancel) async throws -> TaskView {
        try await assureServing(message.owner)
        if let record = live[message.task]?.machine.record {
            guard record.owner == message.owner else { throw Fault.noTask(message.task) }
            let isConnected = fleet.isConnected(record.queue)
            update(message.task) { $0.cancel(connected: isConnected, now: clock.wall()) }
            try await commit(message.task, since: committer.failures(of: message.task))
        }
        return try await committedView(message.task, owner: message.owner)
    }
}
