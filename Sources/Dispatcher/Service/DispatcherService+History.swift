import Messages

/// What an agent is told of its conversation: which task came before, and, when its executor asks, what was said.
extension DispatcherService {
    /// Gives an attempt to its device, if it still is to have it. What is not in memory of it is read first: a long
    /// prompt, and which task it follows.
    func assign(_ attempt: AttemptID) {
        guard let task = waiting(attempt) else { return }
        if let prompt = task.prompt, case .read(let follows) = task.follows {
            return assign(task, follows: follows, prompt: prompt)
        }
        let record = task.machine.record
        Task(executorPreference: reactor) { await self.assignRead(record) }
    }

    /// The task of an attempt that its device has not answered.
    private func waiting(_ attempt: AttemptID) -> LiveTask? {
        guard let task = live[attempt.task], task.machine.record.attemptID == attempt,
            task.machine.record.state == .assigned, !task.machine.isEnding
        else { return nil }
        return task
    }

    private func assignRead(_ record: TaskRecord) async {
        do {
            let (follows, prompt) = try await store.assignment(record)
            guard let task = waiting(record.attemptID) else { return }
            task.follows = .read(follows)
            assign(task, follows: follows, prompt: prompt)
        } catch {
            // The assign is repeated, and this read again then.
            logger.error("a task could not be read", metadata: ["task": "\(record.id)", "error": "\(error)"])
        }
    }

    private func assign(_ task: LiveTask, follows: TaskID?, prompt: String) {
        let record = task.machine.record
        let history = task.history?.attempt == record.attempt ? task.history?.history : nil
        notify(
            record.queue,
            TaskAssign(
                task: record.id, attempt: record.attempt, epoch: store.epoch, leaseS: policy(record.choices).leaseS,
                conversation: record.conversation, agent: record.agent, prompt: prompt, cwd: record.cwd,
                trace: record.trace, permissionMode: record.choices.permissionMode, follows: follows,
                history: history?.items, historyLeftOut: history.flatMap { $0.leftOut > 0 ? $0.leftOut : nil }))
    }

    /// The agent of a device does not know all of a conversation: the assign goes out again with what it lacks.
    func historyWanted(_ message: HistoryWanted, from ref: SessionRef) {
        guard let key = sender(ref) else { return }
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard current(attempt, key) != nil else { return stray(attempt, key, settling: true) }
        guard let task = waiting(attempt), !task.isReadingHistory else { return }
        // However often it is asked for, and for whatever part.
        let now = clock.monotonic()
        if let last = task.historyAt, last.attempt == attempt.attempt, now - last.at < DispatcherLimits.repeatMs {
            return
        }
        task.historyAt = (attempt.attempt, now)
        // Said again because the answer was lost: it is in memory.
        if let known = task.history, known.attempt == attempt.attempt, known.after == message.after {
            return assign(attempt)
        }
        task.isReadingHistory = true
        let record = task.machine.record
        Task(executorPreference: reactor) { await self.readHistory(record, after: message.after) }
    }

    private func readHistory(_ record: TaskRecord, after: TaskID?) async {
        defer { live[record.id]?.isReadingHistory = false }
        do {
            let history = try await store.history(before: record, after: after)
            guard let task = waiting(record.attemptID) else { return }
            task.history = LiveTask.Handed(attempt: record.attempt, after: after, history: history)
            assign(record.attemptID)
        } catch {
            // The executor asks again when the assign is repeated.
            live[record.id]?.historyAt = nil
            logger.error("a history could not be read", metadata: ["task": "\(record.id)", "error": "\(error)"])
        }
    }
}
