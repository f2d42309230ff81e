import Mesh
import Messages

/// Sessions of executors: opened and closed by gateways, lost with them.
extension DispatcherService {
    /// A gateway has an executor's session.
    /// - Throws: ``Fault`` `stale_session` when a newer one is known, `not_leader`, or `unavailable` while stopping.
    func open(_ message: SessionOpen, peer: Peer) async throws -> SessionOpened {
        try await assureLead()
        // While the store was asked the gateway may have gone, and been told of already.
        guard peer.isUp else { throw Fault(.peerLost, "the gateway of device \(message.device) is gone") }
        let key = QueueKey(owner: message.owner, device: message.device)
        let ref = SessionRef(gateway: peer.identity.incarnation, number: message.session.value)
        do {
            try fleet.open(key, ref: ref, generation: message.generation, slots: message.slots, now: clock.wall())
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
        if phase == .serving { resume(key) }
        return SessionOpened(epoch: store.epoch)
    }

    private func resume(_ key: QueueKey) {
        let now = clock.wall()
        guard let place = fleet.places[key] else { return }
        for attempt in place.queue.running {
            deadlines.cancel(.grace(attempt.task))
            // The same connection may be opened anew while nobody was away: its silence goes on.
            let wasAway = live[attempt.task]?.machine.isStalled == true
            update(attempt.task) { $0.resumed(now: now) }
            if wasAway, let task = live[attempt.task] { watchAttempt(task) }
            deliverAnswers(attempt, key)
            // The report tells at once whether the device has it; one that comes late must not be waited for for ever.
            guard live[attempt.task]?.machine.record.state == .assigned else { continue }
            deadlines.set(.assign(attempt.task), at: clock.monotonic() + DispatcherLimits.repeatMs)
        }
        if place.session?.isReported == false {
            deadlines.set(.report(key), at: clock.monotonic() + DispatcherLimits.reportMs)
        }
        touched.insert(key)
        settle()
    }

    /// A gateway says that a session has ended.
    func close(_ message: SessionClose) {
        lose(QueueKey(owner: message.owner, device: message.device), message.generation, reason: message.reason)
    }

    /// A gateway has died: its sessions are lost.
    func lost(_ peer: Peer, reason: String) {
        let gateway = peer.identity.incarnation
        guard gateways[gateway] == peer else { return }
        gateways[gateway] = nil
        for (key, generation) in fleet.devices(through: gateway) {
            lose(key, generation, reason: "its gateway was lost: \(reason)")
        }
    }

    private func lose(_ key: QueueKey, _ generation: UInt64, reason: String) {
        guard phase == .serving || phase == .loading || phase == .refusing else { return }
        let now = clock.wall()
        guard fleet.close(key, generation: generation, now: now) else {
            if let known = fleet.places[key]?.generation, known > generation { stale.count(.generation) }
            return
        }
        logger.notice(
            "session lost",
            metadata: ["device": "\(key.device ?? "")", "generation": "\(generation)", "reason": "\(reason)"])
        deadlines.cancel(.report(key))
        guard phase == .serving else { return }
        stall(key, since: now)
        // Deleted while it was connected: nobody comes for what waits.
        if Placement.isAbandoned(key, fleet) { drop(key) }
        touched.insert(key)
        settle()
    }

    /// The device is away: what it runs waits for it, each task for as long as was chosen for it. `isStart`: it was away
    /// when we started, which nobody is told of.
    func stall(_ key: QueueKey, since: Timestamp, isStart: Bool = false) {
        let now = clock.wall()
        for attempt in fleet.places[key]?.queue.running ?? [] {
            guard let policy = live[attempt.task]?.machine.policy else { continue }
            deadlines.cancel(.idle(attempt.task))
            let absence = Absence(policy, since: since, now: now, isStart: isStart)
            update(attempt.task) { $0.stalled(absence.stall, tell: !isStart && absence.leftMs != 0, now: now) }
            guard live[attempt.task]?.machine.isPlaced == true, let left = absence.leftMs else { continue }
            if left == 0 {
                graceEnded(attempt.task)
            } else {
                deadlines.set(.grace(attempt.task), at: clock.monotonic() + left)
            }
        }
    }

    /// The device of a task has been away for as long as the task lets it.
    func graceEnded(_ id: TaskID) {
        guard let record = live[id]?.machine.record, fleet.places[record.queue]?.isConnected != true else { return }
        logger.notice("the device of a task is gone", metadata: ["task": "\(id)"])
        update(id) { $0.graceEnded(now: clock.wall()) }
        if Placement.isAbandoned(record.queue, fleet) { drop(record.queue) }
    }

    /// Why nothing is answered now.
    var notServing: Fault {
        phase == .deposed
            ? Fault(.notLeader, "this dispatcher does not lead any more; ask the new leader")
            : Fault(.unavailable, "the dispatcher is loading its tasks or stopping; try again")
    }
}
