import Messages

/// What is on disk becomes what is in memory: at the start, and after a failed commit.
extension DispatcherService {
    /// Loads every task that has not ended and begins (or goes on) to serve. Those that a device has are stalled until
    /// its session is open; with an open session, the device is asked to send again what is not on disk.
    /// - Parameter next: `refusing` when nothing can be written: then it is shown, and nothing is done about it.
    /// - Throws: what the store says, or ``Fault`` `not_leader`.
    func load(as next: Phase = .serving) async throws {
        let start = clock.lease()
        let (records, lastOrdinal) = try await log.alive()
        guard phase == .loading || phase == .refusing else { return }
        confirmedAt = max(confirmedAt, start)
        self.lastOrdinal = max(self.lastOrdinal, lastOrdinal)
        forget()
        for record in records { adopt(record) }
        phase = next
        guard next == .serving else { return }
        let keys = Set(records.map(\.queue))
        for key in keys { revive(key) }
        for key in fleet.abandoned { drop(key) }
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
        toldAt = [:]
        deadlines = Deadlines()
        fleet.clearQueues()
        let now = clock.monotonic()
        deadlines.set(.keepalive, at: now + DispatcherLimits.keepaliveMs)
        deadlines.set(.sweep, at: now + DispatcherLimits.sweepMs)
        if registry != nil {
            deadlines.set(.watch, at: now)
            deadlines.set(.announce, at: now)
        }
        for (key, place) in fleet.places where place.session?.isReported == false {
            deadlines.set(.report(key), at: now + DispatcherLimits.reportMs)
        }
    }

    private func adopt(_ record: TaskRecord) {
        live[record.id] = LiveTask(TaskMachine(record), visible: record, prompt: nil)
        lines.join(record.id, ordinal: record.ordinal, conversation: record.conversation, owner: record.owner)
        if record.state == .queued {
            countQueued(record.owner, 1)
            fleet.queue(record.queue) { $0.insert(record.id, ordinal: record.ordinal) }
        } else {
            fleet.queue(record.queue) { $0.occupy(record.attemptID) }
        }
    }

    /// Takes up the attempts of a device again, as its session allows.
    private func revive(_ key: QueueKey) {
        guard let place = fleet.places[key], !place.queue.running.isEmpty else { return }
        let now = clock.wall()
        guard place.isConnected else {
            stall(key, since: place.lastSeen ?? place.device?.lastSeenAt ?? now, tell: false)
            return
        }
        for attempt in place.queue.running {
            guard let record = live[attempt.task]?.machine.record else { continue }
            if record.cancelRequestedAt != nil {
                pending.effects.append(.stop(attempt, key, discard: false))
                deadlines.set(.stop(attempt), at: clock.monotonic() + DispatcherLimits.repeatMs)
                deadlines.set(.cancel(attempt.task), at: clock.monotonic() + graceMs + DispatcherLimits.cancelExtraMs)
            }
            if record.state == .assigned {
                pending.effects.append(.assign(attempt))
                deadlines.set(.assign(attempt.task), at: clock.monotonic() + DispatcherLimits.repeatMs)
            } else {
                pending.effects.append(.resync(attempt, key, from: record.attemptSeq + 1))
            }
        }
    }
}
