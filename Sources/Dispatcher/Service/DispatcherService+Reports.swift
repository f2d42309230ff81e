import Messages

/// Reports of executors: compares what an executor has with what it should have.
extension DispatcherService {
    func report(_ message: DeviceReport, from ref: SessionRef) {
        if phase == .loading || phase == .refusing { return keep(message, from: ref) }
        guard let id = sender(ref), let worker = fleet.workers[id] else { return }
        let isFirst = worker.session?.isReported == false
        takeSlots(message, of: worker, id)
        let monotonic = clock.monotonic()
        for attempt in message.attempts where current(attempt.id, id) != nil {
            update(attempt.id.task) { $0.reported(last: attempt.lastSeq, monotonic: monotonic) }
        }
        let listed = Set(message.attempts.map(\.id))
        let now = clock.wall()
        for attempt in worker.slots.running where !listed.contains(attempt) {
            update(attempt.task) { $0.unlisted(first: isFirst, now: now) }
        }
        changedQueues.formUnion(id.queues)
        settle()
    }

    /// While tasks are loaded the newest valid report of each executor is kept.
    private func keep(_ message: DeviceReport, from ref: SessionRef) {
        guard let id = fleet.sessions[ref], message.attempts.count <= DispatcherLimits.unwantedAttempts else { return }
        earlyReports[id] = (ref, message)
    }

    /// Takes the reported slots, and stops attempts that should not run.
    private func takeSlots(_ message: DeviceReport, of worker: Worker, _ id: WorkerID) {
        let unwanted = unwanted(message, of: id)
        let holding = Set(unwanted.filter { !$0.ended }.map(\.id))
        for attempt in worker.slots.held where !holding.contains(attempt) { deadlines.cancel(.freeSlot(attempt, id)) }
        for queue in id.queues {
            fleet.slots(queue) { $0.report(total: message.total, draining: message.draining, unwanted: holding) }
        }
        fleet.markReported(id)
        deadlines.cancel(.report(id))
        for attempt in unwanted {
            guard refuse(attempt.id, id) else { return }
            guard !attempt.ended else { continue }
            deadlines.set(.freeSlot(attempt.id, id), at: clock.monotonic() + DispatcherLimits.repeatMs)
        }
    }

    /// Returns the reported attempts that should not be there, those with a slot first. Beyond the limit the rest is
    /// ignored: the executor reports it again when those are gone.
    private func unwanted(_ message: DeviceReport, of id: WorkerID) -> ArraySlice<AttemptReport> {
        let all = message.attempts.filter { current($0.id, id) == nil }
        guard all.count > DispatcherLimits.unwantedAttempts else { return all[...] }
        unwantedIgnored.increment(by: all.count - DispatcherLimits.unwantedAttempts)
        return (all.filter { !$0.ended } + all.filter(\.ended)).prefix(DispatcherLimits.unwantedAttempts)
    }
}
