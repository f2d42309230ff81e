import Messages

/// Orders to end background work: a turn that goes on only for that gives way to its conversation's next task.
extension DispatcherService {
    /// Sends the order, now and every 2 s, while a task waits for background work and the next one of its conversation
    /// waits for it.
    func wrapUp(_ id: TaskID) {
        guard let record = wrappedUp(id) else { return deadlines.cancel(.wrapUp(id)) }
        committer.send(.wrapUp(record.attemptID))
        deadlines.set(.wrapUp(id), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    private func wrappedUp(_ id: TaskID) -> TaskRecord? {
        guard let task = live[id], !task.machine.isEnding else { return nil }
        let record = task.machine.record
        guard record.state == .running, record.waiting != nil,
            shards[record.owner]?.lines.hasNext(in: record.conversation) == true
        else { return nil }
        return record
    }

    func sendWrapUp(_ attempt: AttemptID) {
        guard let record = wrappedUp(attempt.task), record.attemptID == attempt,
            let worker = WorkerID(serving: record.queue)
        else { return }
        notify(
            worker, TaskWrapUp(task: attempt.task, attempt: attempt.attempt, epoch: shards.epoch(of: record.owner)))
    }
}
