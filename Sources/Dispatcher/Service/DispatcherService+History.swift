import Messages

/// Histories: the earlier turns of a conversation, for an agent that does not know them.
extension DispatcherService {
    /// An executor requests the history of an attempt: sends its assignment again with it.
    func historyWanted(_ message: HistoryWanted, from ref: SessionRef) {
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard receive(attempt, from: ref) != nil else { return }
        guard let task = unanswered(attempt), !task.isReadingHistory else { return }
        // Read at most once in 2 s, however often and for whatever part it is requested.
        let now = clock.monotonic()
        if let last = task.historyRequest, last.attempt == attempt.attempt, now - last.at < DispatcherLimits.repeatMs {
            return
        }
        task.historyRequest = (attempt.attempt, now)
        // Requested again because the assignment was lost: it is in memory.
        if let known = task.history, known.attempt == attempt.attempt, known.after == message.after {
            return sendAssignment(attempt)
        }
        task.isReadingHistory = true
        let record = task.machine.record
        Task(executorPreference: reactor) { await self.readHistory(record, after: message.after) }
    }

    private func readHistory(_ record: TaskRecord, after: TaskID?) async {
        defer { live[record.id]?.isReadingHistory = false }
        do {
            let history = try await store.history(before: record, after: after)
            guard let task = unanswered(record.attemptID) else { return }
            task.history = LiveTask.AttemptHistory(attempt: record.attempt, after: after, history: history)
            sendAssignment(record.attemptID)
        } catch {
            // The executor requests it again when the assignment is repeated.
            live[record.id]?.historyRequest = nil
            logger.error("a history could not be read", metadata: ["task": "\(record.id)", "error": "\(error)"])
        }
    }
}
