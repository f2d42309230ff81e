import Messages

/// What a task waits for besides a person: background work while it runs, the end of a usage limit while it is queued.
extension TaskMachine {
    /// The agent's turn goes on only because of background work, or no longer does. The wait for a person comes first.
    mutating func waits(_ payload: WaitingPayload, now: Timestamp) -> [TaskAction] {
        guard record.state == .running else { return [] }
        let waiting =
            payload.waitingFor == .background
            ? Waiting(since: min(payload.since.clamped(around: now), now), what: payload.what.map(Self.shortened)) : nil
        guard record.waiting != waiting else { return [] }
        record.waiting = waiting
        _ = setWaiting(for: approvals.pending > 0 ? .approval : nil)
        return approvals.pending > 0 ? [.write] : [stateEvent(now)]
    }

    /// The running turn has taken a person's message.
    mutating func took(_ message: TakenMessage) -> [TaskAction] {
        guard isPlaced, !record.messages.contains(where: { $0.id == message.id }) else { return [] }
        record.messages.append(message)
        record.messages.removeFirst(max(0, record.messages.count - DispatcherLimits.knownMessages))
        return [.write]
    }

    /// Its pseudo-terminal has another size.
    mutating func resized(_ size: TerminalSize) -> [TaskAction] {
        guard isPlaced, record.terminal != nil, record.terminal != size else { return [] }
        record.terminal = size
        return [.write]
    }

    /// Returns when a task that reached a usage limit goes on; nil = it fails: its owner has not chosen to wait, or the
    /// agent has not said for how long, or for longer than any task waits.
    func resetTime(_ message: TaskFinished, _ error: Fault, now: Timestamp) -> Timestamp? {
        guard error.code == .usageLimit, policy.waitsForLimit, let reset = message.retryAt,
            reset.seconds(since: now) <= Limits.choiceSeconds.upperBound
        else { return nil }
        // The device's clock may be ahead, or the limit still hold after its reset: no attempt follows at once.
        return max(reset, now.adding(seconds: DispatcherLimits.limitPauseS))
    }

    /// Puts the task back into its queue until the limit ends. The next attempt goes on with the turn.
    mutating func limited(_ error: Fault, until reset: Timestamp, now: Timestamp) -> [TaskAction] {
        if isEnding { return endAsRequested(confirmed: true, now: now) }
        let closed = closeWork(now: now)
        let release = TaskAction.release(record.attemptID, confirmed: true)
        record.state = .queued
        record.resumes = true
        record.waiting = Waiting(since: now, until: reset, what: Self.shortened(error.message))
        _ = setWaiting(for: nil)
        record.reason = nil
        record.assignedAt = nil
        record.startedAt = nil
        record.stalledAt = nil
        stall = nil
        isStallPublished = false
        return closed + [release, .requeue(paused: false)]
    }

    /// The usage limit may have ended: from now on the task is queued as any other, and its time in the queue begins.
    mutating func limitEnded(monotonic: Int64, now: Timestamp) -> [TaskAction] {
        guard record.isLimited, let reset = record.waiting?.until else { return [] }
        // It is looked at several times until then, and the wall clock may have been set back.
        guard reset <= now else { return [resetAlarm(reset, monotonic: monotonic, now: now)] }
        record.waiting = nil
        _ = setWaiting(for: nil)
        record.reason = nil
        record.queuedAt = now
        return startTimes(connected: true, monotonic: monotonic, now: now) + [.requeue(paused: false)]
    }

    /// Looks at the wall clock again after a while: it may be set meanwhile.
    func resetAlarm(_ reset: Timestamp, monotonic: Int64, now: Timestamp) -> TaskAction {
        let left = max(reset.milliseconds - now.milliseconds, 0)
        return .alarm(.reset, at: monotonic + min(left, DispatcherLimits.resetLookMs))
    }

    private static func shortened(_ text: String) -> String {
        Limits.fits(text, Limits.approvalLine) ? text : String(text.unicodeScalars.prefix(500))
    }
}
