import Logging
import Mesh
import Messages

/// The link to the registry: announces what this process leads, and passes its list of devices to the service.
///
/// Runs on the reactor, as the service does: calls between them need no hop.
actor RegistryClient {
    private nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private let service: DispatcherService
    private let clock: DispatcherClock
    private let logger: Logger

    private var registry: Peer?
    private var watch: Subscription?
    private var announcement: ServiceAnnounce?
    private var isAnnounced = false
    /// Whether the whole list of devices was received once.
    private var isListKnown = false
    private var isStopping = false
    private var joiners: [CheckedContinuation<Void, Never>] = []

    /// When to try again, in monotonic ms; nil = not.
    private var watchAt: Int64?
    private var announceAt: Int64?
    /// When ``joined(within:)`` gives up.
    private var giveUpAt: Int64?

    init(_ service: DispatcherService, clock: DispatcherClock, reactor: Reactor, logger: Logger) {
        self.service = service
        self.clock = clock
        self.reactor = reactor
        self.logger = logger
    }

    /// Announces the partitions with the endpoint where the service is dialled; nothing is announced before.
    func announce(_ partitions: [PartitionClaim], endpoint: String) {
        announcement = ServiceAnnounce(endpoint: endpoint, partitions: partitions, draining: false)
        isAnnounced = false
        announce()
    }

    /// The registry is connected (again).
    func up(_ peer: Peer) {
        registry = peer
        isAnnounced = false
        watchDevices()
        announce()
    }

    /// The registry is lost. Its list of devices stays as it is.
    func down(_ peer: Peer) {
        guard registry == peer else { return }
        registry = nil
        watch = nil
        isAnnounced = false
        watchAt = nil
        announceAt = nil
    }

    /// Waits until the registry knows this process and its list of devices is known, at most `deadline` ms.
    /// - Returns: whether that is so.
    func joined(within deadline: Int64) async -> Bool {
        await withCheckedContinuation { joiner in
            guard !isJoined, !isStopping else { return joiner.resume() }
            giveUpAt = clock.monotonic() + deadline
            joiners.append(joiner)
        }
        return isJoined
    }

    /// Repeats the watch and the announcement when they are due; called some twenty times a second.
    func tick() {
        let now = clock.monotonic()
        if let at = watchAt, now >= at { watchDevices() }
        if let at = announceAt, now >= at { announce() }
        if let at = giveUpAt, now >= at || service.assumeIsolated({ $0.phase == .deposed }) { resumeJoiners() }
    }

    /// Resumes the callers of ``joined(within:)``. From now on the end of the watch is expected.
    func stop() {
        isStopping = true
        resumeJoiners()
    }

    // MARK: The watch

    private func watchDevices() {
        watchAt = nil
        guard watch == nil, let peer = registry else { return }
        watch = peer.subscribe(
            DeviceWatch(owner: nil),
            onItem: { [weak self] changes in self?.assumeIsolated { $0.changed(changes, by: peer) } },
            onEnd: { [weak self] fault in self?.assumeIsolated { $0.watchEnded(fault, by: peer) } })
    }

    private func changed(_ changes: DeviceChanges, by peer: Peer) {
        guard registry == peer else { return }
        watch?.grant(1)
        isListKnown = service.assumeIsolated { $0.apply(changes) }
        if isJoined { resumeJoiners() }
    }

    private func watchEnded(_ fault: Fault?, by peer: Peer) {
        guard registry == peer else { return }
        watch = nil
        logger.log(
            level: isStopping ? .debug : .warning, "the watch of devices ended",
            metadata: ["reason": "\(fault?.description ?? "its end")"])
        watchAt = clock.monotonic() + DispatcherLimits.storagePauseMs
    }

    // MARK: The announcement

    private func announce() {
        announceAt = nil
        guard let announcement, let peer = registry, !isAnnounced else { return }
        Task(executorPreference: reactor) { await self.announce(announcement, to: peer) }
    }

    private func announce(_ announcement: ServiceAnnounce, to peer: Peer) async {
        do {
            _ = try await peer.request(announcement)
            guard registry == peer else { return }
            isAnnounced = true
            if isJoined { resumeJoiners() }
        } catch {
            guard registry == peer else { return }
            logger.warning("the registry has not taken the announcement", metadata: ["error": "\(error)"])
            announceAt = clock.monotonic() + DispatcherLimits.storagePauseMs
        }
    }

    private var isJoined: Bool { isAnnounced && isListKnown }

    private func resumeJoiners() {
        giveUpAt = nil
        for joiner in joiners { joiner.resume() }
        joiners = []
    }
}
