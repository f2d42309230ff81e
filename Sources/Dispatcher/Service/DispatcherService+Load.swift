import Messages

/// Reads tasks from the store into memory: at the start, after a failed commit, and of a partition that is taken.
extension DispatcherService {
    /// Loads the tasks of partitions that have not ended, and begins (or goes on) to serve them. A running task is
    /// stalled until its executor's session is open; an executor with an open session is asked for the events that are
    /// not on disk.
    /// - Parameters:
    ///   - taken: Partitions that are served besides those in memory; nil = loads all that this process leads again.
    ///   - next: `refusing` when the store takes no write: tasks are shown and nothing is decided.
    /// - Throws: ``TaskStoreError``.
    func load(_ taken: [Partition]? = nil, as next: Phase = .serving) async throws {
        let partitions = taken ?? shards.partitions
        let loaded = try await store.alive(partitions)
        let usage = logLimits.user == nil ? [:] : try await store.logUsage()
        if taken == nil {
            guard phase == .loading || phase == .refusing else { return }
            reset()
            logUsage.load(usage)
        }
        for living in loaded {
            shards[living.partition]?.beginLoad(living)
            for record in living.records {
                adopt(record, living.approvals[record.id] ?? ApprovalBook(), plan: living.plans[record.id] ?? [])
            }
        }
        if taken == nil { phase = next }
        guard phase == .serving else { return }
        shards.setPhase(.serving, of: partitions)
        resume(Set(loaded.flatMap(\.records).map(\.queue)))
    }

    private func reset() {
        committer.discard(lostFault)
        live = [:]
        failSteers(lostFault)
        changedQueues = []
        positions.clear()
        deadlines = Deadlines()
        fleet.clearTasks()
        let now = clock.monotonic()
        sweeper.loaded(now)
        for (id, worker) in fleet.workers where worker.session?.isReported == false {
            deadlines.set(.report(id), at: now + DispatcherLimits.reportMs)
        }
    }

    private func adopt(_ record: TaskRecord, _ approvals: ApprovalBook, plan: [UInt8]) {
        let policy = configuration.policy(record.choices)
        let machine = TaskMachine(record, policy: policy, approvals: approvals, plan: plan)
        let task = LiveTask(machine, visible: machine.record, prompt: nil)
        shards[record.owner]?.restoreOrder(record, priority: policy.priority)
        insert(task)
        setApprovalDeadlines(task)
    }

    private func resume(_ queues: Set<QueueID>) {
        for queue in queues { resumeAttempts(queue) }
        for queue in fleet.abandoned { failAbandoned(queue) }
        for (id, worker) in fleet.workers {
            for attempt in worker.slots.held { freeSlot(attempt, id) }
        }
        // Only reports show free slots, and the next one may be half a minute away.
        let reports = earlyReports
        earlyReports = [:]
        for (ref, report) in reports.values where fleet.sessions[ref] != nil { self.report(report, from: ref) }
        changedQueues.formUnion(queues)
        settle()
    }

    private func resumeAttempts(_ queue: QueueID) {
        guard let worker = fleet.worker(serving: queue), !worker.slots.running.isEmpty else { return }
        guard worker.isConnected else { return restoreStall(queue, worker) }
        for attempt in worker.slots.running {
            guard let task = live[attempt.task] else { continue }
            update(attempt.task) { $0.resumed(now: clock.wall()) }
            sendAnswers(of: task)
            startTimes(attempt.task)
            wrapUp(attempt.task)
            let record = task.machine.record
            if task.machine.isEnding { stop(record) } else if record.state == .assigned { assign(record) }
            // It may run already with a full window of events that were dropped: then it sends nothing more by itself.
            WorkerID(serving: queue).map {
                committer.send(.resync(attempt, $0, from: record.attemptSeq + 1))
            }
        }
    }

    /// Handles an executor that is away when the dispatcher starts: each grace continues where it was, so that restarts do
    /// not extend it.
    private func restoreStall(_ queue: QueueID, _ worker: Worker) {
        let running = worker.slots.running
        let known = running.compactMap { live[$0.task]?.machine.record.stalledAt }.min()
        stall(queue, since: known ?? worker.lastSeen ?? clock.wall(), isStart: true)
        // Viewers see the stall at once: it changes nothing that would have to be committed first.
        for attempt in running { live[attempt.task]?.shownStall = live[attempt.task]?.machine.stall }
    }
}
