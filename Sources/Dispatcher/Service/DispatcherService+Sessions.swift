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
        return SessionOpened(epoch: log.epoch)
    }

    private func resume(_ key: QueueKey) {
        deadlines.cancel(.grace(key))
        let now = clock.wall()
        guard let place = fleet.places[key] else { return }
        for attempt in place.queue.running {
            update(attempt.task) { $0.resumed(now: now) }
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
        stall(key, since: now, leftMs: graceMs, tell: true)
        // Deleted while it was connected: nobody comes for what waits.
        if fleet.isKnown, fleet.places[key]?.device == nil { drop(key) }
        touched.insert(key)
        settle()
    }

    /// The device is away: what it runs fails when the grace ends, in `leftMs`.
    func stall(_ key: QueueKey, since: Timestamp, leftMs: Int64, tell: Bool) {
        guard let running = fleet.places[key]?.queue.running, !running.isEmpty else { return }
        let now = clock.wall()
        let stall = Stall(since: since, failsAt: now.adding(seconds: Double(leftMs) / 1000))
        for attempt in running { update(attempt.task) { $0.stalled(stall, tell: tell, now: now) } }
        deadlines.set(.grace(key), at: clock.monotonic() + leftMs)
    }

    /// The grace of a device has ended.
    func graceEnded(_ key: QueueKey) {
        guard let place = fleet.places[key], !place.isConnected else { return }
        let now = clock.wall()
        for attempt in place.queue.running {
            logger.notice("task failed: its device is gone", metadata: ["task": "\(attempt.task)"])
            update(attempt.task) { $0.graceEnded(after: configuration.graceS, now: now) }
        }
    }

    /// Why nothing is answered now.
    var notServing: Fault {
        phase == .deposed
            ? Fault(.notLeader, "this dispatcher does not lead any more; ask the new leader")
            : Fault(.unavailable, "the dispatcher is loading its tasks or stopping; try again")
    }
}
