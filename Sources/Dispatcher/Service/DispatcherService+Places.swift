import Messages

/// Who waits where and why: told to viewers when it changes, and true whenever somebody asks.
///
/// A queue of a thousand that drains moves half a million places. The first ``DispatcherLimits/toldPositions`` are told
/// of each move, those behind when they have moved by a tenth, everybody when the reason is another one; each at most
/// so often. So a task hears of its place some sixty times at the worst, and a move costs no look at the whole queue.
extension DispatcherService {
    /// When a queue was last told, in monotonic ms.
    struct Told: Sendable {
        /// The first ``DispatcherLimits/toldPositions``.
        var near = Int64.min / 2
        /// Those behind.
        var far = Int64.min / 2
    }

    /// Writes down the places and reasons of those who wait, in the queues that have moved, and of the new ones.
    func tellPlaces() {
        let now = clock.wall()
        for id in pending.untold { tell(id, now: now) }
        pending.untold = []
        for key in pending.moved { tellMoves(key, now: now) }
        pending.moved = []
    }

    /// The place of a waiting task and why it waits, now; nil when it does not wait.
    func place(of record: TaskRecord) -> (position: Int, reason: WaitReason)? {
        guard let place = fleet.places[record.queue], let position = place.queue.position(of: record.waiting) else {
            return nil
        }
        return (position, reason(record, in: place))
    }

    /// Whether a task cannot run because of another one of its conversation, or because the device still runs an
    /// earlier attempt of it.
    func isBusy(_ record: TaskRecord, in place: Place) -> Bool {
        lines.isBehind(record.id, in: record.conversation) || place.queue.holds(record.id)
    }

    /// What ``Placement`` says; when it would go by itself, those before it keep it waiting.
    private func reason(_ record: TaskRecord, in place: Place) -> WaitReason {
        guard record.device != nil else { return .noCloudExecutor }
        return Placement.reason(in: place, conversationIsBusy: isBusy(record, in: place)) ?? .deviceBusy
    }

    private func tell(_ id: TaskID, now: Timestamp) {
        guard let task = live[id], let (position, reason) = place(of: task.machine.record) else { return }
        update(id) { $0.wait(reason, position: position, now: now) }
    }

    private func tellMoves(_ key: QueueKey, now: Timestamp) {
        guard let place = fleet.places[key], !place.queue.waiting.isEmpty else {
            told[key] = nil
            return
        }
        let monotonic = clock.monotonic()
        var last = told[key] ?? Told()
        let near = last.near + DispatcherLimits.positionsMs
        guard monotonic >= near else { return deadlines.set(.positions(key), at: near) }
        let count = place.queue.waiting.count
        let first = min(count, DispatcherLimits.toldPositions)
        if tell(0..<first, of: place, now: now, if: { $0 != $1 }) { last.near = monotonic }
        if first < count {
            let far = last.far + DispatcherLimits.farPositionsMs
            if monotonic >= far {
                _ = tell(first..<count, of: place, now: now) { told, position in
                    abs(told - position) * DispatcherLimits.toldPart >= told
                }
                last.far = monotonic
            } else {
                deadlines.set(.positions(key), at: far)
            }
        }
        told[key] = last
    }

    /// Tells those in a part of a queue whose reason is another one or whose place has changed enough.
    /// - Returns: whether anybody was told.
    private func tell(
        _ range: Range<Int>, of place: Place, now: Timestamp, if isWorth: (_ told: Int, _ position: Int) -> Bool
    ) -> Bool {
        var isTold = false
        for index in range {
            let id = place.queue.waiting[index].task
            guard let task = live[id] else { continue }
            let reason = reason(task.machine.record, in: place)
            let position = index + 1
            if task.machine.record.reason == reason, let told = task.machine.record.queuePosition,
                !isWorth(told, position)
            {
                continue
            }
            update(id) { $0.wait(reason, position: position, now: now) }
            isTold = true
        }
        return isTold
    }
}
