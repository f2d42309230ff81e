import Messages

/// What is on disk becomes what is in memory: at the start, and after a failed commit.
extension DispatcherService {
    /// Loads every task that has not ended and begins (or goes on) to serve. Those that a device has are stalled until
    /// its session is open; with an open session, the device is asked to send again what is not on disk.
    /// - Parameter next: `refusing` when nothing can be written: then it is shown, and nothing is done about it.
    /// - Throws: what the store says, or ``Fault`` `not_leader`.
    func load(as next: Phase = .serving) async throws {
        let partitions = try await store.alive(Partition.all)
        guard phase == .loading || phase == .refusing else { return }
        forget()
        for partition in partitions {
            lastOrdinals[partition.partition] = max(
                lastOrdinals[partition.partition, default: 0], partition.lastOrdinal)
            for record in partition.records { adopt(record, partition.approvals[record.id] ?? ApprovalBook()) }
        }
        phase = next
        guard next == .serving else { return }
        let keys = Set(partitions.flatMap(\.records).map(\.queue))
        for key in keys { revive(key) }
        for key in fleet.abandoned { drop(key) }
        for (key, place) in fleet.places {
            for attempt in place.queue.held { free(attempt, key) }
        }
        // Reports are the word on slots, and the next one may be half a minute away.
        let reports = missed
        missed = [:]
        for (ref, report) in reports.values where fleet.sessions[ref] != nil { self.report(report, from: ref) }
        touched.formUnion(keys)
        settle()
    }

    private func forget() {
        pending = Pending()
        live = [:]
        lines = ConversationLines()
        queued = [:]
        strays = [:]
        touched = []
        told = [:]
        deadlines = Deadlines()
        fleet.clearQueues()
        let now = clock.monotonic()
        if !registered.isEmpty { deadlines.set(.firstSnapshot, at: now) }
        deadlines.set(.keepalive, at: now + DispatcherLimits.keepaliveMs)
        deadlines.set(.sweep, at: now + DispatcherLimits.sweepMs)
        setRetention(after: DispatcherLimits.firstSweepMs)
        if registry != nil {
            deadlines.set(.watch, at: now)
            deadlines.set(.announce, at: now)
        }
        for (key, place) in fleet.places where place.session?.isReported == false {
            deadlines.set(.report(key), at: now + DispatcherLimits.reportMs)
        }
    }

    private func adopt(_ record: TaskRecord, _ approvals: ApprovalBook) {
        let machine = TaskMachine(record, policy: policy(record.choices), approvals: approvals)
        let task = LiveTask(machine, visible: machine.record, prompt: nil)
        live[record.id] = task
        adoptApprovals(of: task)
        lastAccepted = max(lastAccepted, record.rank - Policy.delayMs(task.machine.policy.priority))
        lines.join(record.id, ordinal: record.ordinal, conversation: record.conversation, owner: record.owner)
        if record.state == .queued {
            countQueued(record.owner, 1)
            fleet.queue(record.queue) { $0.insert(record.waiting) }
        } else {
            fleet.queue(record.queue) { $0.occupy(record.attemptID) }
        }
        watchTimes(task, before: nil)
    }

    /// A device is (still) away after a start: each grace goes on where it was, so that restarts do not draw it out.
    private func stallAgain(_ key: QueueKey, _ place: Place, now: Timestamp) {
        let known = place.queue.running.compactMap { live[$0.task]?.machine.record.stalledAt }.min()
        stall(key, since: known ?? place.lastSeen ?? now, isStart: true)
        // Nothing has happened that would have to be written before it is shown.
        for attempt in place.queue.running { live[attempt.task]?.shownStall = live[attempt.task]?.machine.stall }
    }

    /// Takes up the attempts of a device again, as its session allows.
    private func revive(_ key: QueueKey) {
        guard let place = fleet.places[key], !place.queue.running.isEmpty else { return }
        let now = clock.wall()
        guard place.isConnected else {
            return stallAgain(key, place, now: now)
        }
        for attempt in place.queue.running {
            guard let record = live[attempt.task]?.machine.record else { continue }
            update(attempt.task) { $0.resumed(now: now) }
            deliverAnswers(attempt, key)
            if let task = live[attempt.task] { watchAttempt(task) }
            let isEnding = record.cancelRequestedAt != nil || record.overdue != nil
            if isEnding { stop(attempt, key) }
            if record.state == .assigned, !isEnding {
                pending.effects.append(.assign(attempt))
                deadlines.set(.assign(attempt.task), at: clock.monotonic() + DispatcherLimits.repeatMs)
            }
            // It may run already, with a window full of what was dropped: then nothing more comes by itself.
            pending.effects.append(.resync(attempt, key, from: record.attemptSeq + 1))
        }
    }
}
