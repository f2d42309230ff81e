import Messages

/// Messages of executors, through their gateways. A message from an old session is dropped: its executor repeats it in
/// the current one. While tasks are loaded, every message but a report is dropped: the dispatcher requests them again.
extension DispatcherService {
    /// Returns the executor of a session; nil = the session is not current, or nothing is taken now.
    func sender(_ ref: SessionRef) -> WorkerID? {
        guard phase == .serving else { return nil }
        guard let worker = fleet.sessions[ref] else {
            stale.count(.session)
            return nil
        }
        return isServing(worker.owner) ? worker : nil
    }

    /// Returns the task of an attempt that an executor has and should have.
    func current(_ attempt: AttemptID, _ worker: WorkerID) -> LiveTask? {
        guard let task = live[attempt.task], task.machine.isPlaced, task.machine.record.attemptID == attempt,
            WorkerID(serving: task.machine.record.queue) == worker
        else { return nil }
        return task
    }

    /// Receives a message of an attempt: returns its task and the executor that sent it; nil when it is dropped. A message
    /// of an unwanted attempt stops that attempt.
    /// - Parameter orStop: false = an unwanted attempt is not stopped: the executor has ended it.
    func receive(_ attempt: AttemptID, from ref: SessionRef, orStop: Bool = true) -> (LiveTask, WorkerID)? {
        guard let worker = sender(ref) else { return nil }
        if let task = current(attempt, worker) { return (task, worker) }
        if orStop {
            refuse(attempt, worker)
            settle()
        } else {
            stale.count(.attempt)
        }
        return nil
    }

    /// Events of agents: the hot path.
    func append(_ events: [Event], from ref: SessionRef) {
        guard let worker = sender(ref) else { return }
        let monotonic = clock.monotonic()
        var start = 0
        while start < events.count {
            let attempt = AttemptID(task: events[start].task, attempt: events[start].attempt)
            var end = start + 1
            while end < events.count, events[end].task == attempt.task, events[end].attempt == attempt.attempt {
                end += 1
            }
            guard append(events[start..<end], of: attempt, worker, monotonic: monotonic) else { break }
            start = end
        }
        settle()
    }

    /// Takes events of one attempt.
    /// - Returns: false when the session was cut: nothing more of it is taken.
    private func append(
        _ events: ArraySlice<Event>, of attempt: AttemptID, _ worker: WorkerID, monotonic: Int64
    ) -> Bool {
        guard let task = current(attempt, worker) else { return refuse(attempt, worker) }
        if task.machine.record.state == .assigned {
            update(attempt.task) { $0.started(attempt: attempt.attempt, now: clock.wall()) }
        }
        task.machine.sign(monotonic: monotonic)
        let now = clock.wall()
        var isTaken = false
        var isRepeated = false
        var isWithinWindow = true
        for index in events.indices {
            var event = events[index]
            if event.attemptSeq > task.machine.record.attemptSeq, !task.hasRoom(for: event) {
                isWithinWindow = false
                overrun(task, attempt, worker, events: events.endIndex - index)
                break
            }
            if event.attemptSeq > task.machine.record.attemptSeq,
                let fault = logLimits.complaint(
                    event.encodedSize, task: task.machine.record.logBytes, user: logUsage[worker.owner])
            {
                update(attempt.task) { $0.logFull(fault, now: now) }
                break
            }
            let isReserved = ReservedEvents.isReserved(event)
            switch task.machine.take(&event, monotonic: monotonic, now: now) {
            case .taken:
                task.took(event)
                logUsage.add(Int64(event.encodedSize), of: worker.owner)
                if isReserved { eventsReserved.increment() }
                committer.append(event)
                isTaken = true
                if !task.early.isEmpty { recordEarlyRequests(task) }
                if event.kind == .waiting || event.kind == .userMessageChunk { heed(event) }
            case .duplicate: isRepeated = true
            case .gap(let from):
                if let from { committer.send(.resync(attempt, worker, from: from)) }
            case .stale: stale.count(.attempt)
            }
        }
        if isTaken { committer.write(attempt.task) }
        if isTaken || isRepeated { committer.acknowledge(attempt, task.machine.record.attemptSeq, to: worker) }
        return isWithinWindow || fleet.workers[worker]?.isConnected == true
    }

    /// Refuses events beyond the window of an attempt: its executor sends them again after an acknowledgement. One that
    /// goes on without waiting loses its session.
    private func overrun(_ task: LiveTask, _ attempt: AttemptID, _ worker: WorkerID, events: Int) {
        overruns.increment(by: events)
        if let from = task.machine.refuseEvents(monotonic: clock.monotonic()) {
            committer.send(.resync(attempt, worker, from: from))
        }
        guard stopBudgets.exceed(by: events, of: worker, now: clock.monotonic()) == .cut else { return }
        cut(worker, because: "it sends events beyond its window of \(Limits.windowEvents) without end")
    }

    /// An agent runs.
    func started(_ message: TaskStarted, from ref: SessionRef) {
        guard receive(AttemptID(task: message.task, attempt: message.attempt), from: ref) != nil else { return }
        deadlines.cancel(.assign(message.task))
        updateAndSettle(message.task) { $0.started(attempt: message.attempt, now: clock.wall()) }
    }

    /// An executor will not run an attempt.
    func rejected(_ message: TaskRejected, from ref: SessionRef) {
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard let (_, worker) = receive(attempt, from: ref, orStop: false) else { return }
        logger.notice(
            "attempt rejected",
            metadata: ["task": "\(message.task)", "device": "\(worker.device)", "code": "\(message.fault.code)"])
        updateAndSettle(message.task) { $0.rejected(attempt: message.attempt, fault: message.fault, now: clock.wall()) }
    }

    /// The verdict of an attempt.
    func finished(_ message: TaskFinished, from ref: SessionRef) {
        guard let worker = sender(ref) else { return }
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard current(attempt, worker) != nil else {
            // The attempt ended here before: now its slot is free, and the executor may drop its events.
            for queue in worker.queues {
                fleet.slots(queue) { $0.release(attempt, confirmed: true) }
                changedQueues.insert(queue)
            }
            refuse(attempt, worker)
            return settle()
        }
        update(message.task) { $0.started(attempt: message.attempt, now: clock.wall()) }
        updateAndSettle(message.task) {
            $0.finished(message, now: clock.wall(), monotonic: clock.monotonic())
        }
    }

    /// Stops an unwanted attempt (replaced, ended or unknown) and drops its events, within the device's budget of stops.
    /// - Returns: false when the session was cut, because it goes on although the budget is used up.
    @discardableResult
    func refuse(_ attempt: AttemptID, _ worker: WorkerID) -> Bool {
        stale.count(.attempt)
        return stopUnwanted(attempt, worker)
    }

    /// As ``refuse(_:_:)``, for an attempt that sent nothing.
    /// - Parameter isRepeated: Whether the dispatcher repeats a stop by itself, which is no excess of the device.
    @discardableResult
    func stopUnwanted(_ attempt: AttemptID, _ worker: WorkerID, isRepeated: Bool = false) -> Bool {
        let session = fleet.workers[worker]?.session?.ref
        switch stopBudgets.verdict(
            on: attempt, of: worker, session: session, isRepeated: isRepeated, now: clock.monotonic())
        {
        case .stop: committer.send(.stop(attempt, worker, discard: true))
        case .nothing: break
        case .cut:
            cut(worker, because: "it sends messages of unknown tasks without end")
            return false
        }
        return true
    }
}
