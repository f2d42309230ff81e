import Messages

/// The life of one task: a value that is told what happened and says what to do.
///
/// ```
/// queued ─▶ assigned ─▶ running ─▶ completed | failed | cancelled      (the first end wins, for ever)
///    ▲          │
///    └──────────┴──────────┘  rejected with slots_full or draining, or lost and to be run again: a new attempt later
/// ```
///
/// It numbers the task's events: each ``TaskAction/log(_:)`` carries the next seq. An input that no longer fits, such
/// as one of an earlier attempt, has no effect and no actions.
struct TaskMachine: Sendable, Equatable {
    /// Changed by the machine's own functions only.
    var record: TaskRecord
    /// The permission requests of the newest attempt; likewise.
    var approvals: ApprovalBook
    /// What its owner chose.
    let policy: Policy
    /// Set while the device is away.
    var stall: Stall?
    /// Whether viewers were told of the stall, so that they are told of its end.
    var stallIsTold = false
    /// When a resync was last asked for, in monotonic ms; nil = no gap is open.
    var resyncAt: Int64?
    /// How far we were when a report said that the device is further, and since when, in monotonic ms.
    private var behind: Lag?

    /// A place at which nothing has come for a while.
    private struct Lag: Sendable, Equatable {
        let seq: UInt64
        let since: Int64
    }

    /// - Parameter policy: nil = what the record's choices say by themselves.
    init(_ record: TaskRecord, policy: Policy? = nil, approvals: ApprovalBook = ApprovalBook()) {
        self.record = record
        self.policy = policy ?? Policy(record.choices)
        self.approvals = approvals
        if approvals.pending > 0 { self.record.waitingFor = .approval }
    }

    /// Whether the device has the task or is about to.
    var isPlaced: Bool { record.state == .assigned || record.state == .running }
    /// Whether it has ended.
    var isTerminal: Bool { record.state.isTerminal }
    /// Whether it is to end, because somebody wants it or its time is over; it is not put back any more.
    var isEnding: Bool { record.cancelRequestedAt != nil || record.overdue != nil }

    // MARK: Queue and placement

    /// It waits at `position` (from 1) because of `reason`; nothing when that is known already.
    mutating func wait(_ reason: WaitReason, position: Int, now: Timestamp) -> [TaskAction] {
        guard record.state == .queued, record.reason != reason || record.queuePosition != position else { return [] }
        record.reason = reason
        record.queuePosition = position
        return [note(now)]
    }

    /// It gets a slot: the next attempt begins.
    mutating func assign(deviceName: String?, now: Timestamp) -> [TaskAction] {
        guard record.state == .queued else { return [] }
        approvals.clear()
        record.state = .assigned
        record.reason = nil
        record.queuePosition = nil
        record.deviceName = deviceName ?? record.deviceName
        record.attempt += 1
        record.attemptSeq = 0
        record.assignedAt = now
        record.startedAt = nil
        record.isHalfTold = false
        resyncAt = nil
        return [note(now), .assign]
    }

    // MARK: What the executor says

    /// The agent runs.
    mutating func started(attempt: UInt32, now: Timestamp) -> [TaskAction] {
        guard record.state == .assigned, attempt == record.attempt else { return [] }
        record.state = .running
        record.startedAt = now
        return [note(now)]
    }

    /// The executor will not run the attempt.
    mutating func rejected(attempt: UInt32, fault: Fault, now: Timestamp) -> [TaskAction] {
        guard record.state == .assigned, attempt == record.attempt else { return [] }
        if isEnding { return endAsWished(confirmed: true, now: now) }
        guard fault.code == .slotsFull || fault.code == .draining else {
            return end(.failed, error: fault, confirmed: true, now: now)
        }
        let release = TaskAction.release(record.attemptID, confirmed: true)
        let abandoned = abandonApprovals(now: now)
        record.state = .queued
        record.assignedAt = nil
        return abandoned + [release, .requeue(paused: true)]
    }

    /// One event of the agent; it is given its seq and must be committed when `taken`. Before the first one call
    /// ``started(attempt:now:)``. The hot path: nothing is allocated.
    mutating func take(_ event: inout Event, monotonic: Int64) -> EventVerdict {
        guard isPlaced, event.attempt == record.attempt else { return .stale }
        let expected = record.attemptSeq + 1
        guard event.attemptSeq >= expected else { return .duplicate(last: record.attemptSeq) }
        guard event.attemptSeq == expected else { return .gap(resync(monotonic)) }
        record.attemptSeq = expected
        record.lastSeq += 1
        resyncAt = nil
        event.seq = record.lastSeq
        // The end of a task is the dispatcher's to say.
        event.flags.remove(.terminal)
        if event.kind == .state { event.kind = .log }
        return .taken
    }

    /// The attempt's verdict, the last of its sequence.
    mutating func finished(_ message: TaskFinished, now: Timestamp, monotonic: Int64) -> [TaskAction] {
        guard isPlaced, message.attempt == record.attempt else { return [] }
        guard message.attemptSeq > record.attemptSeq else { return [.acknowledge(record.attemptSeq)] }
        guard message.attemptSeq == record.attemptSeq + 1 else {
            return resync(monotonic).map { [.resync(from: $0)] } ?? []
        }
        record.attemptSeq += 1
        let acknowledge = TaskAction.acknowledge(record.attemptSeq)
        switch message.state {
        case .completed: return [acknowledge] + end(.completed, confirmed: true, now: now)
        case .cancelled: return [acknowledge] + endAsWished(confirmed: true, now: now)
        default:
            let error = message.error ?? Fault(.agentFailed, "the agent failed and did not say why")
            // The executor was restarted, or has heard nothing from us: the task itself has not failed.
            if error.code == .executorRestarted || error.code == .deviceDisconnected {
                return [acknowledge] + lost(error, why: error.message, confirmed: true, now: now)
            }
            return [acknowledge] + end(.failed, error: error, confirmed: true, now: now)
        }
    }

    /// The device's report says how far it has come. Whatever lies beyond what we have is on its way, and if nothing of
    /// it comes for ``DispatcherLimits/behindMs`` it is asked for: no loss that nobody has thought of stops a stream for ever.
    mutating func reported(last: UInt64, monotonic: Int64) -> [TaskAction] {
        guard isPlaced, last > record.attemptSeq else {
            behind = nil
            return []
        }
        guard let known = behind, known.seq == record.attemptSeq else {
            behind = Lag(seq: record.attemptSeq, since: monotonic)
            return []
        }
        guard monotonic - known.since >= DispatcherLimits.behindMs else { return [] }
        behind = nil
        return resync(monotonic).map { [.resync(from: $0)] } ?? []
    }

    // MARK: People

    /// Somebody wants it to end. `connected`: whether the device can be told.
    mutating func cancel(connected: Bool, now: Timestamp) -> [TaskAction] {
        guard !isTerminal else { return [] }
        if record.state == .queued {
            record.cancelRequestedAt = now
            return end(.cancelled, confirmed: true, now: now)
        }
        let again = record.cancelRequestedAt != nil
        record.cancelRequestedAt = record.cancelRequestedAt ?? now
        guard connected else { return endAsWished(confirmed: false, now: now) }
        if again { return [] }
        return record.overdue == nil ? [.stop] : [.write]
    }

    /// The executor has not confirmed a stop in time.
    mutating func stopUnconfirmed(now: Timestamp) -> [TaskAction] {
        guard isPlaced, isEnding else { return [] }
        return endAsWished(confirmed: false, now: now)
    }

    /// It can never run.
    mutating func fail(_ fault: Fault, now: Timestamp) -> [TaskAction] {
        guard !isTerminal else { return [] }
        return end(.failed, error: fault, confirmed: false, now: now)
    }

    // MARK: Parts

    /// It ends for the reason for which it was to end; a wish that came after its time was over changes nothing.
    mutating func endAsWished(confirmed: Bool, now: Timestamp) -> [TaskAction] {
        guard let code = record.overdue else { return end(.cancelled, confirmed: confirmed, now: now) }
        return end(.failed, error: overdueFault(code), confirmed: confirmed, now: now)
    }

    mutating func end(_ state: TaskState, error: Fault? = nil, confirmed: Bool, now: Timestamp) -> [TaskAction] {
        let release: [TaskAction] = isPlaced ? [.release(record.attemptID, confirmed: confirmed)] : []
        let abandoned = abandonApprovals(now: now)
        record.state = state
        record.error = error
        record.endedAt = now
        record.reason = nil
        record.queuePosition = nil
        record.stalledAt = nil
        stall = nil
        return abandoned + [note(now, flags: .terminal)] + release + [.ended]
    }

    /// The next of the dispatcher's own events.
    mutating func event(_ kind: EventKind, _ payload: [UInt8], flags: EventFlags = [], now: Timestamp) -> TaskAction {
        record.lastSeq += 1
        return .log(
            Event(task: record.id, seq: record.lastSeq, kind: kind, flags: flags, time: now, payload: payload))
    }

    /// The `state` event for the record as it is.
    mutating func note(_ now: Timestamp, flags: EventFlags = []) -> TaskAction {
        event(.state, StateNote(record, stall: stall).payload, flags: flags, now: now)
    }

    /// What it waits for while it runs; false = that is known already.
    mutating func setWaiting(for waiting: WaitingFor?) -> Bool {
        guard record.waitingFor != waiting else { return false }
        record.waitingFor = waiting
        return true
    }

    /// Something that people should see in the stream.
    mutating func warn(_ message: String, _ now: Timestamp) -> TaskAction {
        event(.log, LogNote(warning: message).payload, now: now)
    }

    /// The attempt_seq to ask for, or nil when it was asked for less than 2 s ago: one gap is one resync.
    private mutating func resync(_ monotonic: Int64) -> UInt64? {
        if let resyncAt, monotonic - resyncAt < DispatcherLimits.repeatMs { return nil }
        resyncAt = monotonic
        return record.attemptSeq + 1
    }

    /// The device in a sentence.
    var deviceText: String { "device \(record.deviceName ?? record.device ?? "in the cloud")" }
}
