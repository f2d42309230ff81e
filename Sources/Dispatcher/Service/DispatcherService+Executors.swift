import Messages

/// What executors say, through their gateways. Anything from a session that is not the present one is dropped: its
/// executor says it again in its new session. While tasks are loaded everything but reports is dropped: it is asked for
/// again.
extension DispatcherService {
    /// The device whose present session it is; nil = nothing is taken from there (now).
    func sender(_ ref: SessionRef) -> QueueKey? {
        guard phase == .serving else { return nil }
        guard let key = fleet.sessions[ref] else {
            stale.count(.session)
            return nil
        }
        return key
    }

    /// Events of agents: the hot path.
    func append(_ events: [Event], from ref: SessionRef) {
        guard let key = sender(ref) else { return }
        let monotonic = clock.monotonic()
        var start = 0
        while start < events.count {
            let attempt = AttemptID(task: events[start].task, attempt: events[start].attempt)
            var end = start + 1
            while end < events.count, events[end].task == attempt.task, events[end].attempt == attempt.attempt {
                end += 1
            }
            append(events[start..<end], of: attempt, key: key, monotonic: monotonic)
            start = end
        }
        settle()
    }

    private func append(_ events: ArraySlice<Event>, of attempt: AttemptID, key: QueueKey, monotonic: Int64) {
        guard let task = current(attempt, key) else { return stray(attempt, key) }
        task.spokeAt = monotonic
        let now = clock.wall()
        update(attempt.task) { $0.started(attempt: attempt.attempt, now: now) }
        var taken = false
        var acknowledge = false
        for var event in events {
            switch task.machine.take(&event, monotonic: monotonic) {
            case .taken:
                pending.events.append(event)
                taken = true
                if !task.early.isEmpty { takeEarly(task) }
            case .duplicate: acknowledge = true
            case .gap(let from):
                if let from { pending.effects.append(.resync(attempt, key, from: from)) }
            case .stale: stale.count(.attempt)
            }
        }
        if taken { pending.dirty.insert(attempt.task) }
        if taken || acknowledge { pending.acks[key, default: [:]][attempt] = task.machine.record.attemptSeq }
    }

    /// An agent runs.
    func started(_ message: TaskStarted, from ref: SessionRef) {
        guard let key = sender(ref) else { return }
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard current(attempt, key) != nil else { return stray(attempt, key, settling: true) }
        let now = clock.wall()
        deadlines.cancel(.assign(message.task))
        update(message.task) { $0.started(attempt: message.attempt, now: now) }
        settle()
    }

    /// An executor will not run an attempt.
    func rejected(_ message: TaskRejected, from ref: SessionRef) {
        guard let key = sender(ref) else { return }
        guard current(AttemptID(task: message.task, attempt: message.attempt), key) != nil else {
            return stale.count(.attempt)
        }
        logger.notice(
            "attempt rejected",
            metadata: ["task": "\(message.task)", "device": "\(key.device ?? "")", "code": "\(message.fault.code)"])
        let now = clock.wall()
        update(message.task) { $0.rejected(attempt: message.attempt, fault: message.fault, now: now) }
        settle()
    }

    /// The verdict of an attempt.
    func finished(_ message: TaskFinished, from ref: SessionRef) {
        guard let key = sender(ref) else { return }
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard current(attempt, key) != nil else {
            // It has ended for us before: now the device has its slot back, and may drop what it kept.
            fleet.queue(key) { $0.release(attempt, confirmed: true) }
            touched.insert(key)
            return stray(attempt, key, settling: true)
        }
        let now = clock.wall()
        let monotonic = clock.monotonic()
        update(message.task) { $0.started(attempt: message.attempt, now: now) }
        update(message.task) { $0.finished(message, now: now, monotonic: monotonic) }
        settle()
    }

    /// What an executor has in hand, held against what we think that it has.
    func report(_ message: DeviceReport, from ref: SessionRef) {
        if phase == .loading || phase == .refusing { return keep(message, from: ref) }
        guard let key = sender(ref), let place = fleet.places[key] else { return }
        let isFirst = place.session?.isReported == false
        let unwanted = unwanted(message, of: key)
        let strays = Set(unwanted.filter { !$0.ended }.map(\.id))
        for attempt in place.queue.held where !strays.contains(attempt) { deadlines.cancel(.free(attempt, key)) }
        fleet.queue(key) { $0.reported(total: message.total, draining: message.draining, strays: strays) }
        fleet.markReported(key)
        deadlines.cancel(.report(key))
        for attempt in unwanted {
            stray(attempt.id, key)
            if !attempt.ended {
                deadlines.set(.free(attempt.id, key), at: clock.monotonic() + DispatcherLimits.repeatMs)
            }
        }
        let monotonic = clock.monotonic()
        for attempt in message.attempts where current(attempt.id, key) != nil {
            update(attempt.id.task) { $0.reported(last: attempt.lastSeq, monotonic: monotonic) }
        }
        let listed = Set(message.attempts.map(\.id))
        let now = clock.wall()
        for attempt in place.queue.running where !listed.contains(attempt) {
            update(attempt.task) { $0.unlisted(first: isFirst, now: now) }
        }
        touched.insert(key)
        settle()
    }

    /// While tasks are loaded the newest report of each device is kept, unless it is a strange one.
    private func keep(_ message: DeviceReport, from ref: SessionRef) {
        guard let key = fleet.sessions[ref], message.attempts.count <= DispatcherLimits.unwantedAttempts else { return }
        missed[key] = (ref, message)
    }

    /// What a device has in hand of attempts that it should not have; those that take a slot first. Of a report that
    /// lists too many the rest is left out: it is told of when those are gone.
    private func unwanted(_ message: DeviceReport, of key: QueueKey) -> ArraySlice<AttemptReport> {
        let all = message.attempts.filter { current($0.id, key) == nil }
        guard all.count > DispatcherLimits.unwantedAttempts else { return all[...] }
        unwantedIgnored.increment(by: all.count - DispatcherLimits.unwantedAttempts)
        return (all.filter { !$0.ended } + all.filter(\.ended)).prefix(DispatcherLimits.unwantedAttempts)
    }

    /// The task of an attempt that the device of `key` has and should have.
    func current(_ attempt: AttemptID, _ key: QueueKey) -> LiveTask? {
        guard let task = live[attempt.task], task.machine.isPlaced, task.machine.record.attemptID == attempt,
            task.machine.record.queue == key
        else { return nil }
        return task
    }

    /// An attempt that is of no interest (replaced, ended or unknown): the device should stop it and drop its events.
    /// Said once in 2 s and session for each.
    func stray(_ attempt: AttemptID, _ key: QueueKey, settling: Bool = false) {
        defer { if settling { settle() } }
        stale.count(.attempt)
        let now = clock.monotonic()
        let session = fleet.places[key]?.session?.ref
        // What was said in an earlier session may not have arrived.
        if let told = strays[attempt], told.session == session, now - told.at < DispatcherLimits.repeatMs { return }
        if strays.count >= DispatcherLimits.strayStops { strays = [:] }
        strays[attempt] = (now, session)
        pending.effects.append(.stop(attempt, key, discard: true))
    }
}
