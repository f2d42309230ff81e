import Mesh
import Messages

/// Sessions of executors: opened and closed by gateways, lost with them.
extension DispatcherService {
    /// Opens a session.
    /// - Throws: ``Fault`` `stale_session` when a newer one is known, or as ``assureLead(_:)``.
    func open(_ message: SessionOpen, peer: Peer) async throws -> SessionOpened {
        try await assureLead(message.owner)
        // The gateway may have been lost during the check, and its loss been handled.
        guard peer.isUp else { throw Fault(.peerLost, "the gateway of device \(message.device) is gone") }
        let worker = WorkerID(owner: message.owner, device: message.device)
        let ref = SessionRef(gateway: peer.identity.incarnation, number: message.session.value)
        do {
            try fleet.open(worker, ref: ref, generation: message.generation, slots: message.slots, now: clock.wall())
        } catch {
            stale.count(.generation)
            throw error
        }
        gateways[ref.gateway] = peer
        logger.notice(
            "session opened",
            metadata: [
                "device": "\(message.device)", "generation": "\(message.generation)", "peer": "\(peer.identity.name)",
            ])
        if phase == .serving { resume(worker) }
        return SessionOpened(epoch: shards.epoch(of: message.owner))
    }

    private func resume(_ id: WorkerID) {
        guard let worker = fleet.workers[id] else { return }
        for attempt in worker.slots.running {
            deadlines.cancel(.grace(attempt.task))
            guard let task = live[attempt.task] else { continue }
            // The same connection may be opened again although the device was not away: then the idle time continues.
            let wasAway = task.machine.isStalled
            update(attempt.task) { $0.resumed(now: clock.wall()) }
            if wasAway { startTimes(attempt.task) }
            sendAnswers(of: task)
            wrapUp(attempt.task)
            sendSteers(of: attempt)
            if task.machine.record.terminal != nil { committer.send(.resize(attempt)) }
            // The first report shows whether the executor has it; the assignment does not wait for a late one.
            guard task.machine.record.state == .assigned else { continue }
            deadlines.set(.assign(attempt.task), at: clock.monotonic() + DispatcherLimits.repeatMs)
        }
        if worker.session?.isReported == false {
            deadlines.set(.report(id), at: clock.monotonic() + DispatcherLimits.reportMs)
        }
        changedQueues.formUnion(id.queues)
        settle()
    }

    /// A gateway reports the end of a session.
    func close(_ message: SessionClose) {
        lose(WorkerID(owner: message.owner, device: message.device), message.generation, reason: message.reason)
    }

    /// A gateway is lost, and its sessions with it.
    func lost(_ peer: Peer, reason: String) {
        let gateway = peer.identity.incarnation
        guard gateways[gateway] == peer else { return }
        gateways[gateway] = nil
        for (worker, generation) in fleet.workers(through: gateway) {
            lose(worker, generation, reason: "its gateway was lost: \(reason)")
        }
    }

    /// Ends a session whose executor takes more than its share, here and at its gateway.
    func cut(_ id: WorkerID, because reason: String) {
        guard let session = fleet.workers[id]?.session else { return }
        sessionsCut.increment()
        logger.warning("session cut", metadata: ["device": "\(id.device)", "reason": "\(reason)"])
        gateways[session.ref.gateway]?.send(
            SessionCut(session: SessionNumber(session.ref.number), cause: .flooding))
        lose(id, session.generation, reason: "it was cut: \(reason)")
    }

    private func lose(_ id: WorkerID, _ generation: UInt64, reason: String) {
        guard phase == .serving || phase == .loading || phase == .refusing else { return }
        let now = clock.wall()
        guard fleet.close(id, generation: generation, now: now) else {
            if let known = fleet.workers[id]?.generation, known > generation { stale.count(.generation) }
            return
        }
        logger.notice(
            "session lost",
            metadata: ["device": "\(id.device)", "generation": "\(generation)", "reason": "\(reason)"])
        deadlines.cancel(.report(id))
        guard phase == .serving else { return }
        for queue in id.queues {
            stall(queue, since: now)
            // The device was deleted while it was connected: nothing will run what waits.
            if fleet.isAbandoned(queue) { failAbandoned(queue) }
            changedQueues.insert(queue)
        }
        settle()
    }

    /// The executor is away: its running tasks wait for it, each for its own grace.
    /// - Parameter isStart: Whether it was away when the dispatcher started; that is not published.
    func stall(_ queue: QueueID, since: Timestamp, isStart: Bool = false) {
        let now = clock.wall()
        for attempt in fleet.worker(serving: queue)?.slots.running ?? [] {
            guard let policy = live[attempt.task]?.machine.policy else { continue }
            deadlines.cancel(.idle(attempt.task))
            let absence = Absence(policy, since: since, now: now, isStart: isStart)
            update(attempt.task) { $0.stalled(absence.stall, publish: !isStart && absence.leftMs != 0, now: now) }
            guard live[attempt.task]?.machine.isPlaced == true, let left = absence.leftMs else { continue }
            if left == 0 {
                graceEnded(attempt.task)
            } else {
                deadlines.set(.grace(attempt.task), at: clock.monotonic() + left)
            }
        }
    }

    /// The grace of a running task is over, and its executor may still be away.
    func graceEnded(_ id: TaskID) {
        guard let queue = live[id]?.machine.record.queue, !fleet.isConnected(queue) else { return }
        logger.notice("the device of a task is gone", metadata: ["task": "\(id)"])
        update(id) { $0.graceEnded(now: clock.wall()) }
        if fleet.isAbandoned(queue) { failAbandoned(queue) }
    }
}
