import Messages

/// The positions of waiting tasks and the reasons of their wait: published by ``QueuePositions``, and current whenever a
/// task is read.
extension DispatcherService {
    /// Commits the positions and reasons that have changed.
    func publishPositions() {
        let (added, moved) = positions.takeChanges()
        for id in added {
            guard let record = live[id]?.machine.record, let (position, reason) = position(of: record) else { continue }
            update(id) { $0.wait(reason, position: position, now: clock.wall()) }
        }
        for queue in moved { publishMoves(queue) }
    }

    /// Returns the current position of a waiting task and why it waits; nil when it does not wait.
    func position(of record: TaskRecord) -> (position: Int, reason: WaitReason)? {
        fleet.places[record.queue]?.queue.position(of: record.queueEntry).map { ($0, waitReason(record)) }
    }

    /// Returns the reason of ``Placement``; a task that could run alone waits for those before it.
    private func waitReason(_ record: TaskRecord) -> WaitReason {
        if record.isLimited { return .usageLimit }
        guard record.device != nil else { return .noCloudExecutor }
        return Placement.reason(fleet.worker(serving: record.queue), conversationIsBusy: isBusy(record)) ?? .deviceBusy
    }

    private func publishMoves(_ queue: QueueID) {
        let waiting = fleet.places[queue]?.queue.waiting ?? []
        let now = clock.monotonic()
        guard let round = positions.round(queue, count: waiting.count, now: now) else { return }
        var isPublished = false
        for index in round.near where publish(waiting[index].task, position: index + 1, ifWorth: { $0 != $1 }) {
            isPublished = true
        }
        if isPublished { positions.didPublishNear(queue, now: now) }
        for index in round.far ?? 0..<0 {
            _ = publish(waiting[index].task, position: index + 1, ifWorth: QueuePositions.isWorthPublishing)
        }
    }

    /// Publishes the position of a task if its reason has changed, or its position enough.
    private func publish(_ id: TaskID, position: Int, ifWorth isWorth: (_ position: Int, _ last: Int) -> Bool) -> Bool {
        guard let record = live[id]?.machine.record else { return false }
        let reason = waitReason(record)
        if record.reason == reason, let last = record.queuePosition, !isWorth(position, last) { return false }
        update(id) { $0.wait(reason, position: position, now: clock.wall()) }
        return true
    }
}
