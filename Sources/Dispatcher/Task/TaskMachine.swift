import Messages

/// The state machine of one task: a value that takes inputs and returns actions.
///
/// ```
/// queued ─▶ assigned ─▶ running ─▶ completed | failed | cancelled      (the first end wins and is final)
///    ▲          │
///    └──────────┴──────────┘  rejected with slots_full or draining, or lost and requeued: a new attempt later
/// ```
///
/// It numbers the task's events: each ``TaskAction/log(_:)`` carries the next seq. An input that no longer fits, such
/// as one of an earlier attempt, has no effect and returns no action.
struct TaskMachine: Sendable, Equatable {
    /// Changed by the machine's own functions only.
    var record: TaskRecord
    /// The newest attempt's permission requests; likewise.
    var approvals: ApprovalBook
    /// The payload of the plan in ``TaskRecord/open``.
    private var plan: [UInt8] = []
    /// The owner's choices.
    let policy: Policy
    /// Set while the device is away.
    var stall: Stall?
    /// Whether the stall was published, so that its end is published too.
    var isStallPublished = false
    /// When the newest attempt's `timeout_s` is over, in monotonic ms; only while it runs and has one.
    var limitAt: Int64 = 0
    /// When the newest attempt last gave a sign, in monotonic ms; its `idle_timeout_s` counts from here.
    var lastSignAt: Int64 = 0
    /// When a resync was last requested, in monotonic ms; nil = no gap is open.
    var resyncAt: Int64?
    /// Set while reports list events that have not arrived.
    private var lag: Lag?

    /// The accepted attempt_seq at a report that listed more, and when it came, in monotonic ms.
    private struct Lag: Sendable, Equatable {
        let seq: UInt64
        let since: Int64
    }

    /// - Parameter policy: nil = from the record's choices alone.
    /// - Parameter plan: The payload of the plan in ``TaskRecord/open``.
    init(
        _ record: TaskRecord, policy: Policy? = nil, approvals: ApprovalBook = ApprovalBook(), plan: [UInt8] = []
    ) {
        self.record = record
        self.policy = policy ?? Policy(record.choices)
        self.approvals = approvals
        self.plan = plan
        _ = setWaiting(for: approvals.pending > 0 ? .approval : nil)
    }

    /// Whether the newest attempt is assigned or runs.
    var isPlaced: Bool { record.state == .assigned || record.state == .running }
    /// Whether it has ended.
    var isTerminal: Bool { record.state.isTerminal }
    /// Whether it is being ended, by a cancellation or a time limit; it is no longer requeued.
    var isEnding: Bool { record.cancelRequestedAt != nil || record.overdue != nil }

    /// Applies an input, one of the functions below. A change of state restarts the times.
    mutating func apply(
        connected: Bool, monotonic: Int64, now: Timestamp, _ input: (inout TaskMachine) -> [TaskAction]
    ) -> [TaskAction] {
        let before = record.state
        let actions = input(&self)
        guard record.state != before else { return actions }
        return startTimes(connected: connected, monotonic: monotonic, now: now) + actions
    }

    // MARK: Queue and placement

    /// Publishes its queue position (from 1) and the reason of its wait, if they have changed.
    mutating func wait(_ reason: WaitReason, position: Int, now: Timestamp) -> [TaskAction] {
        guard record.state == .queued, record.reason != reason || record.queuePosition != position else { return [] }
        record.reason = reason
        record.queuePosition = position
        return [stateEvent(now)]
    }

    /// A slot is free for it: begins the next attempt.
    mutating func assign(deviceName: String?, now: Timestamp) -> [TaskAction] {
        guard record.state == .queued, !record.isLimited else { return [] }
        approvals.clear()
        record.open = OpenWork()
        record.state = .assigned
        record.reason = nil
        record.queuePosition = nil
        record.deviceName = deviceName ?? record.deviceName
        record.attempt += 1
        record.attemptSeq = 0
        record.assignedAt = now
        record.startedAt = nil
        record.isHalfTimeWarned = false
        resyncAt = nil
        return [stateEvent(now), .assign]
    }

    // MARK: Messages of the executor

    /// The agent runs.
    mutating func started(attempt: UInt32, now: Timestamp) -> [TaskAction] {
        guard record.state == .assigned, attempt == record.attempt else { return [] }
        record.state = .running
        record.startedAt = now
        record.rejections = 0
        return [stateEvent(now)]
    }

    /// The executor will not run the attempt.
    mutating func rejected(attempt: UInt32, fault: Fault, now: Timestamp) -> [TaskAction] {
        guard record.state == .assigned, attempt == record.attempt else { return [] }
        if isEnding { return endAsRequested(confirmed: true, now: now) }
        guard fault.code == .slotsFull || fault.code == .draining else {
            return end(.failed, error: fault, confirmed: true, now: now)
        }
        guard record.rejections < DispatcherLimits.rejections else {
            return end(.failed, error: rejectedFault(fault), confirmed: true, now: now)
        }
        record.rejections += 1
        let release = TaskAction.release(record.attemptID, confirmed: true)
        let closed = closeWork(now: now)
        record.state = .queued
        record.assignedAt = nil
        return closed + [release, .requeue(paused: true)]
    }

    /// It has written as much as the service takes: ends it at once, since what it still writes is not taken.
    mutating func logFull(_ fault: Fault, now: Timestamp) -> [TaskAction] {
        guard isPlaced else { return [] }
        return isEnding
            ? endAsRequested(confirmed: false, now: now) : end(.failed, error: fault, confirmed: false, now: now)
    }

    private func rejectedFault(_ fault: Fault) -> Fault {
        Fault(
            .attemptsExhausted,
            "\(deviceText) reports a free slot and has refused the task \(record.rejections + 1) times in a row with "
                + "\(fault.code): \(fault.message.prefix(500)); restart or update wegent-executor there, then submit the task again"
        )
    }

    /// Takes one event of the agent; sets its seq when `taken`, and then it must be committed. Before the first one
    /// call ``started(attempt:now:)``. Hot path: allocates nothing.
    mutating func take(_ event: inout Event, monotonic: Int64, now: Timestamp) -> EventVerdict {
        guard isPlaced, event.attempt == record.attempt else { return .stale }
        let expected = record.attemptSeq + 1
        guard event.attemptSeq >= expected else { return .duplicate(last: record.attemptSeq) }
        guard event.attemptSeq == expected else { return .gap(resync(monotonic)) }
        record.attemptSeq = expected
        record.lastSeq += 1
        resyncAt = nil
        event.seq = record.lastSeq
        defer { record.logBytes += Int64(event.encodedSize) }
        // Only the dispatcher publishes the end of a task.
        event.flags.remove(.terminal)
        ReservedEvents.disarm(&event)
        event.time = event.time.clamped(around: now)
        // Most events are pieces of text, and their payload is not read.
        if event.kind == .toolCall || event.kind == .toolCallUpdate || event.kind == .plan { watch(event) }
        return .taken
    }

    /// Refuses events that its executor should not have sent yet.
    /// - Returns: the attempt_seq to request from; nil when that was done less than 2 s ago.
    mutating func refuseEvents(monotonic: Int64) -> UInt64? { resync(monotonic) }

    /// Takes the attempt's verdict, the last of its sequence.
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
        case .cancelled: return [acknowledge] + endAsRequested(confirmed: true, now: now)
        default:
            let error = message.error ?? Fault(.agentFailed, "the agent failed and gave no reason")
            // The executor was restarted, or its lease ended: the task itself has not failed.
            if error.code == .executorRestarted || error.code == .deviceDisconnected {
                return [acknowledge] + lost(error, why: error.message, confirmed: true, now: now)
            }
            if let reset = resetTime(message, error, now: now) {
                return [acknowledge] + limited(error, until: reset, now: now)
            }
            return [acknowledge] + end(.failed, error: error, confirmed: true, now: now)
        }
    }

    /// A report lists the attempt up to the attempt_seq `last`. Events beyond the accepted ones are in flight; if none
    /// arrives for ``DispatcherLimits/lagMs`` they are requested again, so that no loss stops a stream for ever.
    mutating func reported(last: UInt64, monotonic: Int64) -> [TaskAction] {
        guard isPlaced, last > record.attemptSeq else {
            lag = nil
            return []
        }
        guard let known = lag, known.seq == record.attemptSeq else {
            lag = Lag(seq: record.attemptSeq, since: monotonic)
            return []
        }
        guard monotonic - known.since >= DispatcherLimits.lagMs else { return [] }
        lag = nil
        return resync(monotonic).map { [.resync(from: $0)] } ?? []
    }

    // MARK: Requests of the owner

    /// The owner cancels it. `connected`: whether a stop can reach the executor.
    mutating func cancel(connected: Bool, now: Timestamp) -> [TaskAction] {
        guard !isTerminal else { return [] }
        if record.state == .queued {
            record.cancelRequestedAt = now
            return end(.cancelled, confirmed: true, now: now)
        }
        let isRepeated = record.cancelRequestedAt != nil
        record.cancelRequestedAt = record.cancelRequestedAt ?? now
        guard connected else { return endAsRequested(confirmed: false, now: now) }
        if isRepeated { return [] }
        return record.overdue == nil ? [.stop] : [.write]
    }

    /// The executor has not confirmed a stop in time.
    mutating func stopUnconfirmed(now: Timestamp) -> [TaskAction] {
        guard isPlaced, isEnding else { return [] }
        return endAsRequested(confirmed: false, now: now)
    }

    /// It can never run.
    mutating func fail(_ fault: Fault, now: Timestamp) -> [TaskAction] {
        guard !isTerminal else { return [] }
        return end(.failed, error: fault, confirmed: false, now: now)
    }

    // MARK: Parts

    /// Ends it for the reason of its stop; a cancellation after a time limit was reached changes nothing.
    mutating func endAsRequested(confirmed: Bool, now: Timestamp) -> [TaskAction] {
        guard let code = record.overdue else { return end(.cancelled, confirmed: confirmed, now: now) }
        return end(.failed, error: overdueFault(code), confirmed: confirmed, now: now)
    }

    mutating func end(_ state: TaskState, error: Fault? = nil, confirmed: Bool, now: Timestamp) -> [TaskAction] {
        let release: [TaskAction] = isPlaced ? [.release(record.attemptID, confirmed: confirmed)] : []
        let closed = closeWork(now: now)
        record.state = state
        record.error = error
        record.resumes = false
        record.endedAt = now
        record.reason = nil
        record.queuePosition = nil
        record.stalledAt = nil
        stall = nil
        return closed + [stateEvent(now, flags: .terminal)] + release + [.ended]
    }

    /// Returns the dispatcher's next event of the task.
    mutating func event(_ kind: EventKind, _ payload: [UInt8], flags: EventFlags = [], now: Timestamp) -> TaskAction {
        record.lastSeq += 1
        let event = Event(task: record.id, seq: record.lastSeq, kind: kind, flags: flags, time: now, payload: payload)
        record.logBytes += Int64(event.encodedSize)
        return .log(event)
    }

    /// Returns a `state` event of the record as it is.
    mutating func stateEvent(_ now: Timestamp, flags: EventFlags = []) -> TaskAction {
        event(.state, StatePayload(record, stall: stall).bytes, flags: flags, now: now)
    }

    /// Sets what it waits for; nil = no person. False = that has not changed.
    mutating func setWaiting(for waiting: WaitingFor?) -> Bool {
        let waiting = waiting ?? record.restingWait
        guard record.waitingFor != waiting else { return false }
        record.waitingFor = waiting
        return true
    }

    /// Notes what an event with its seq begins or ends.
    private mutating func watch(_ event: Event) {
        record.open.take(event)
        if event.kind == .plan { plan = record.open.plan == nil ? [] : event.payload }
    }

    /// The attempt ends: ends what it has begun, so that no viewer shows it as running.
    mutating func closeWork(now: Timestamp) -> [TaskAction] {
        record.waiting = nil
        var actions = abandonApprovals(now: now)
        for call in record.open.calls {
            actions.append(event(.toolCallUpdate, ToolCallUpdatePayload(id: call, status: "failed").bytes, now: now))
        }
        if record.open.plan != nil { actions.append(event(.plan, OpenWork.stopped(plan).bytes, now: now)) }
        record.open = OpenWork()
        plan = []
        return actions
    }

    /// Returns a warning for the viewers of the task.
    mutating func warn(_ message: String, _ now: Timestamp) -> TaskAction {
        event(.log, LogPayload(level: "warning", message: message, source: ReservedEvents.source).bytes, now: now)
    }

    /// Returns the attempt_seq to request from; nil when it was requested less than 2 s ago: one resync per gap.
    private mutating func resync(_ monotonic: Int64) -> UInt64? {
        if let resyncAt, monotonic - resyncAt < DispatcherLimits.repeatMs { return nil }
        resyncAt = monotonic
        return record.attemptSeq + 1
    }

    /// The device in an error text.
    var deviceText: String { "device \(record.deviceName ?? record.device ?? "in the cloud")" }
}
