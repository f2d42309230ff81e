import Mesh
import Messages

/// The registry: it is told who leads, and tells of the devices.
extension DispatcherService {
    /// Says from where on the registry is told: nothing is announced before.
    func announce(endpoint: String) {
        let all = PartitionClaim(
            first: Partition(number: 0), last: Partition(number: Partition.count - 1), epoch: store.epoch)
        announcement = ServiceAnnounce(endpoint: endpoint, partitions: [all], draining: false)
        announce()
    }

    /// The registry is there (again).
    func registryUp(_ peer: Peer) {
        registry = peer
        isAnnounced = false
        watchDevices()
        announce()
    }

    /// It is gone: the replica stays as it is.
    func registryDown(_ peer: Peer) {
        guard registry == peer else { return }
        registry = nil
        watch = nil
        isAnnounced = false
        deadlines.cancel(.watch)
        deadlines.cancel(.announce)
    }

    /// Watches, unless that is going on.
    func watchDevices() {
        guard watch == nil, let peer = registry else { return }
        watch = peer.subscribe(
            DeviceWatch(owner: nil),
            onItem: { [weak self] changes in self?.assumeIsolated { $0.changed(changes, by: peer) } },
            onEnd: { [weak self] fault in self?.assumeIsolated { $0.watchEnded(fault, by: peer) } })
    }

    private func changed(_ changes: DeviceChanges, by peer: Peer) {
        guard registry == peer else { return }
        watch?.grant(1)
        let deleted = fleet.apply(changes)
        touched.formUnion(changes.devices.map { QueueKey(owner: $0.owner, device: $0.id) })
        letGo()
        guard phase == .serving else { return }
        for key in deleted { drop(key) }
        settle()
    }

    /// Fails whoever waits for a device that was deleted: in its queue, or for its return without an end.
    func drop(_ key: QueueKey) {
        guard let queue = fleet.places[key]?.queue else { return }
        let now = clock.wall()
        let fault = Placement.deleted(key.device ?? "")
        for entry in queue.waiting { update(entry.task) { $0.fail(fault, now: now) } }
        for attempt in queue.running where live[attempt.task]?.machine.policy.onDisconnect == .wait {
            update(attempt.task) { $0.fail(fault, now: now) }
        }
    }

    private func watchEnded(_ fault: Fault?, by peer: Peer) {
        guard registry == peer else { return }
        watch = nil
        logger.log(
            level: phase == .stopping ? .debug : .warning, "the watch of devices ended",
            metadata: ["reason": "\(fault?.description ?? "its end")"])
        deadlines.set(.watch, at: clock.monotonic() + DispatcherLimits.storagePauseMs)
    }

    /// Announces, unless that is done; again after a while when the registry does not take it.
    func announce() {
        guard let announcement, let peer = registry, !isAnnounced else { return }
        Task(executorPreference: reactor) { await self.announce(announcement, to: peer) }
    }

    private func announce(_ announcement: ServiceAnnounce, to peer: Peer) async {
        do {
            _ = try await peer.request(announcement)
            guard registry == peer else { return }
            isAnnounced = true
            letGo()
        } catch {
            guard registry == peer else { return }
            logger.warning("the registry has not taken the announcement", metadata: ["error": "\(error)"])
            deadlines.set(.announce, at: clock.monotonic() + DispatcherLimits.storagePauseMs)
        }
    }

    /// Waits until the registry knows us and we know its devices, or until `deadline` ms are over.
    /// - Returns: whether that is so.
    func joined(within deadline: Int64) async -> Bool {
        await withCheckedContinuation { waiter in
            guard !isJoined, phase != .stopping else { return waiter.resume() }
            deadlines.set(.firstSnapshot, at: clock.monotonic() + deadline)
            registered.append(waiter)
        }
        return isJoined
    }

    private var isJoined: Bool { isAnnounced && fleet.isKnown }

    /// Lets those go who wait in ``joined(within:)``; `all`: even if it is not so.
    func letGo(all: Bool = false) {
        guard all || isJoined else { return }
        for waiter in registered { waiter.resume() }
        registered = []
    }
}
