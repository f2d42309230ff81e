import Logging
import Mesh
import Messages
import Synchronization

/// Where the other services are and which dispatcher leads which partition. Owner of the link to the registry, of one
/// link to each dispatcher, and of the watch of services. Callable from any thread.
final class ServiceDirectory: Sendable {
    private struct State {
        var leadership = Leadership()
        var links: [String: Link] = [:]
        var watch: Subscription?
        var isClosed = false
    }

    /// How this gateway introduces itself.
    let identity: Identity
    private let endpoint: String
    private let handlers: (registry: Handlers, dispatcher: Handlers)
    private let reactor: Reactor
    private let cache: ServiceCache
    private let logger: Logger
    private let state = Mutex(State())
    private let registryLink = Mutex<Link?>(nil)
    private let isDraining = Atomic(false)
    private let changes = ChangeSignal()
    private let observers = DirectoryObservers()

    /// - Parameters:
    ///   - registry: The registry's endpoint.
    ///   - handlers: Take what the registry and the dispatchers send. The directory adds its own for connection and loss.
    init(
        registry: String, identity: Identity, handlers: (registry: Handlers, dispatcher: Handlers), reactor: Reactor,
        cache: ServiceCache, logger: Logger
    ) {
        endpoint = registry
        self.identity = identity
        self.handlers = handlers
        self.reactor = reactor
        self.cache = cache
        self.logger = logger
    }

    /// Starts to dial the registry and the dispatchers of the last run; returns at once.
    func start() {
        // Before the registry can send a list, which replaces the cached one.
        update(cache.load())
        let link = link(
            to: endpoint, .registry, handlers.registry,
            up: { [weak self] in self?.registryConnected($0) },
            down: { [weak self] in self?.logLoss("registry lost", ["reason": "\($0)"]) })
        registryLink.withLock { $0 = link }
    }

    /// Closes every link in order and resumes every waiter.
    func close() async {
        let (links, watch) = state.withLock { state in
            state.isClosed = true
            defer {
                state.links = [:]
                state.watch = nil
            }
            return (Array(state.links.values), state.watch)
        }
        watch?.cancel()
        changes.close()
        for link in links { await link.close() }
        await registryLink.withLock { $0 }?.close()
    }

    // MARK: Look-ups

    /// The registry, when it is connected.
    var registry: Peer? { registryLink.withLock { $0 }?.peer }

    /// The registry, as soon as it is connected; nil when it is not within `limit`.
    func registry(within limit: Duration) async -> Peer? {
        guard let link = registryLink.withLock({ $0 }) else { return nil }
        return try? await link.connected(within: limit)
    }

    /// The leader of an owner's partition with its epoch, when it is connected.
    func leader(of owner: UserID) -> (peer: Peer, epoch: UInt64)? {
        state.withLock { state in
            guard let leader = state.leadership.leader(of: Partition(owner: owner)),
                let peer = state.links[leader.endpoint]?.peer, peer.isUp,
                peer.identity.incarnation == leader.incarnation
            else { return nil }
            return (peer, leader.epoch)
        }
    }

    /// The roles of services that are not connected: `registry`, and `dispatcher` when a partition has no leader.
    var missing: [String] {
        let isLed = state.withLock { state in
            (0..<Partition.count).allSatisfy { number in
                let leader = state.leadership.leader(of: Partition(number: number))
                return leader.flatMap { state.links[$0.endpoint]?.peer?.isUp } ?? false
            }
        }
        return (registry?.isUp == true ? [] : ["registry"]) + (isLed ? [] : ["dispatcher"])
    }

    // MARK: Changes

    /// Grows with each change; for ``change(after:until:)``.
    var version: UInt64 { changes.version }

    /// Returns at the first change after `version`, at `end`, or when the caller is cancelled.
    func change(after version: UInt64, until end: ContinuousClock.Instant) async {
        await changes.wait(after: version, until: end)
    }

    /// Calls `observer` at each change until the observation is cancelled.
    func observe(_ observer: @escaping DirectoryObservers.Observer) -> Observation { observers.add(observer) }

    private func notify(_ change: DirectoryChange) {
        observers.notify(change)
        changes.signal()
    }

    // MARK: The registry

    /// Announces to the registry whether this gateway takes new work.
    func announce(draining: Bool) {
        isDraining.store(draining, ordering: .relaxed)
        if let peer = registry { announce(to: peer) }
    }

    private func announce(to peer: Peer) {
        let announce = ServiceAnnounce(draining: isDraining.load(ordering: .relaxed))
        Task { [logger] in
            do { _ = try await peer.request(announce) } catch {
                logger.warning("registry refused the announcement", metadata: ["error": "\(error)"])
            }
        }
    }

    private func registryConnected(_ peer: Peer) {
        logger.notice("registry connected", metadata: ["incarnation": "\(peer.identity.incarnation)"])
        announce(to: peer)
        watch(peer)
        notify(.registryConnected)
    }

    private func watch(_ peer: Peer) {
        // Stored before its first item can arrive: this method and the items run on the reactor.
        let subscription = peer.subscribe(ServiceWatch()) { [weak self] changes in
            self?.apply(changes)
        } onEnd: { [weak self] fault in
            // A lost registry is watched again when it reconnects; only a watch that ends earlier is retried here.
            guard let self, peer.isUp else { return }
            logger.warning("service watch ended", metadata: ["reason": "\(fault.map(\.description) ?? "ended")"])
            Task { [weak self] in
                try? await Task.sleep(for: GatewayLimits.watchAgain)
                guard let self, peer.isUp else { return }
                watch(peer)
            }
        }
        state.withLock { state in
            if state.isClosed { subscription.cancel() } else { state.watch = subscription }
        }
    }

    private func apply(_ changes: ServiceChanges) {
        state.withLock { $0.watch }?.grant(1)
        update(changes.services)
        // Includes connected dispatchers that a restarted registry does not list yet.
        let (known, version) = (state.withLock { $0.leadership.known }, version)
        Task { [cache] in await cache.save(known, version: version) }
    }

    // MARK: Dispatchers

    /// Applies a list of services: dials new dispatchers and closes the links to those that left.
    private func update(_ services: [ServiceEntry]) {
        let gone: [Link] = state.withLock { state in
            guard !state.isClosed else { return [] }
            let reachable = Set(
                state.links.values.compactMap { link in
                    link.peer.flatMap { $0.isUp ? $0.identity.incarnation : nil }
                })
            state.leadership.apply(services, reachable: reachable)
            let wanted = state.leadership.endpoints
            for endpoint in wanted where state.links[endpoint] == nil {
                state.links[endpoint] = dial(endpoint, key: state.leadership.key(of: endpoint))
            }
            let gone = state.links.filter { !wanted.contains($0.key) }
            for endpoint in gone.keys { state.links[endpoint] = nil }
            return Array(gone.values)
        }
        for link in gone { Task { await link.close() } }
        notify(.leaders)
    }

    private func dial(_ endpoint: String, key: MeshKey?) -> Link {
        link(to: endpoint, .dispatcher, key: key, handlers.dispatcher) { [weak self] peer in
            self?.logger.notice(
                "dispatcher connected",
                metadata: ["endpoint": "\(endpoint)", "incarnation": "\(peer.identity.incarnation)"])
            self?.notify(.leaders)
        } down: { [weak self] reason in
            self?.logLoss("dispatcher lost", ["endpoint": "\(endpoint)", "reason": "\(reason)"])
            self?.notify(.leaders)
        }
    }

    private func link(
        to endpoint: String, _ role: ServiceRole, key: MeshKey? = nil, _ handlers: Handlers,
        up: @escaping @Sendable (Peer) -> Void,
        down: @escaping @Sendable (_ reason: String) -> Void
    ) -> Link {
        var handlers = handlers
        handlers.onPeerUp(up)
        handlers.onPeerDown { _, reason in down(reason) }
        return Link(
            endpoint, to: role, key: key, identity: identity, handlers: handlers, reactor: reactor, logger: logger)
    }

    /// Logs the loss of a connection; one that this gateway closed itself is no warning.
    private func logLoss(_ message: Logger.Message, _ metadata: Logger.Metadata) {
        logger.log(level: state.withLock { $0.isClosed } ? .debug : .warning, message, metadata: metadata)
    }
}
