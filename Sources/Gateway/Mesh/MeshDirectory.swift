import Logging
import Mesh
import Messages
import Synchronization

/// The gateway's way to the other services: owner of the link to the registry and of one link to each dispatcher.
/// Callable from any thread.
final class MeshDirectory: Sendable {
    /// What happened that sessions must know.
    enum Change: Sendable {
        /// A partition's leader may be another one, or may have come or gone.
        case leaders
        /// The registry is there, for the first time or again, and knows no session of ours.
        case registry(Peer)
    }

    struct State {
        var leadership = Leadership()
        var links: [String: Link] = [:]
        var watch: Subscription?
        /// Grows with each change, so that nobody sleeps through one.
        var version: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var closed = false
    }

    let identity: Identity
    let logger: Logger
    let state = Mutex(State())
    private let endpoint: String
    private let reactor: Reactor
    private let registry = Mutex<Link?>(nil)
    private let isDraining = Atomic(false)
    /// A registry that has just come back meets some sessions at a time, not all at once.
    let registrations = Turnstile(places: GatewayLimits.registrationsAtOnce)
    private let sessions: SessionTable
    private let cache: ServiceCache

    /// - Parameter sessions: Those of executors: what dispatchers and the registry say to them goes there.
    init(
        registry: String, identity: Identity, reactor: Reactor, logger: Logger, sessions: SessionTable,
        cache: ServiceCache
    ) {
        self.cache = cache
        endpoint = registry
        self.identity = identity
        self.reactor = reactor
        self.logger = logger
        self.sessions = sessions
    }

    /// Starts to dial the registry; returns at once.
    func start() {
        // Until the registry says otherwise, so before it can.
        lead(cache.load())
        var handlers = Handlers()
        handlers.onPeerUp { [weak self] in self?.registryUp($0) }
        handlers.onPeerDown { [weak self] _, reason in
            self?.lost("registry lost", ["reason": "\(reason)"])
        }
        handlers.onRequest(SessionProbe.self) { [sessions] probe, _ in
            SessionProbed(alive: await sessions.isAlive(probe.session))
        }
        handlers.onNotice(SessionCut.self) { [sessions] cut, _ in sessions.cut(cut) }
        let link = Link(endpoint, identity: identity, handlers: handlers, reactor: reactor, logger: logger)
        registry.withLock { $0 = link }
    }

    /// Says goodbye to everybody.
    func close() async {
        let (links, watch) = state.withLock { state in
            state.closed = true
            defer {
                state.links = [:]
                state.watch = nil
            }
            return (Array(state.links.values), state.watch)
        }
        watch?.cancel()
        bump()
        for link in links { await link.close() }
        await registry.withLock { $0 }?.close()
    }

    /// The registry, when it is there.
    var registryPeer: Peer? { registry.withLock { $0 }?.peer }

    /// The registry's link.
    var registryLink: Link? { registry.withLock { $0 } }

    /// The leader of an owner's partition with its epoch, when it can be reached.
    func leader(of owner: UserID) -> (peer: Peer, epoch: UInt64)? {
        state.withLock { state in
            guard let leader = state.leadership.leader(of: Partition(owner: owner)),
                let peer = state.links[leader.endpoint]?.peer, peer.isUp,
                peer.identity.incarnation == leader.incarnation
            else { return nil }
            return (peer, leader.epoch)
        }
    }

    /// The roles of services that cannot be reached: `registry`, and `dispatcher` when a partition has no leader.
    var missing: [String] {
        let isLed = state.withLock { state in
            (0..<Partition.count).allSatisfy { number in
                let leader = state.leadership.leader(of: Partition(number: number))
                return leader.flatMap { state.links[$0.endpoint]?.peer?.isUp } ?? false
            }
        }
        return (registryPeer?.isUp == true ? [] : ["registry"]) + (isLed ? [] : ["dispatcher"])
    }

    /// Tells the registry whether this gateway takes new work.
    func announce(draining: Bool) {
        isDraining.store(draining, ordering: .relaxed)
        if let peer = registryPeer { announce(to: peer) }
    }

    private func announce(to peer: Peer) {
        let announce = ServiceAnnounce(draining: isDraining.load(ordering: .relaxed))
        Task { [logger] in
            do { _ = try await peer.request(announce) } catch {
                logger.warning("registry did not take the announcement", metadata: ["error": "\(error)"])
            }
        }
    }

    // MARK: What the registry says

    private func registryUp(_ peer: Peer) {
        logger.notice("registry connected", metadata: ["incarnation": "\(peer.identity.incarnation)"])
        announce(to: peer)
        watch(peer)
        sessions.changed(.registry(peer))
        bump()
    }

    private func watch(_ peer: Peer) {
        // Set before its items can come: both happen on the reactor, and this runs there.
        let subscription = peer.subscribe(ServiceWatch()) { [weak self] changes in
            self?.apply(changes)
        } onEnd: { [weak self] fault in
            // With the peer's end a new one comes up and is watched; a watch that ends before starts again.
            guard let self, peer.isUp else { return }
            logger.warning("service watch ended", metadata: ["reason": "\(fault.map(\.description) ?? "ended")"])
            Task { [weak self] in
                try? await Task.sleep(for: .seconds(1))
                guard let self, peer.isUp else { return }
                watch(peer)
            }
        }
        state.withLock { state in
            if state.closed { subscription.cancel() } else { state.watch = subscription }
        }
    }

    private func apply(_ changes: ServiceChanges) {
        state.withLock { $0.watch }?.grant(1)
        lead(changes.services)
        // With those that can be reached though a registry that is about to end does not list them any more.
        let (known, version) = state.withLock { ($0.leadership.known, $0.version) }
        Task { [cache] in await cache.save(known, version: version) }
    }

    /// Dials those who lead, and nobody else.
    private func lead(_ services: [ServiceEntry]) {
        let gone: [Link] = state.withLock { state in
            guard !state.closed else { return [] }
            let reachable = Set(
                state.links.values.compactMap { link in
                    link.peer.flatMap { $0.isUp ? $0.identity.incarnation : nil }
                })
            state.leadership.apply(services, reachable: reachable)
            let wanted = state.leadership.endpoints
            for endpoint in wanted where state.links[endpoint] == nil { state.links[endpoint] = dial(endpoint) }
            let gone = state.links.filter { !wanted.contains($0.key) }
            for endpoint in gone.keys { state.links[endpoint] = nil }
            return Array(gone.values)
        }
        for link in gone { Task { await link.close() } }
        changed()
    }

    // MARK: Dispatchers

    private func dial(_ endpoint: String) -> Link {
        var handlers = Handlers()
        handlers.onRelay(sessions.deliver)
        handlers.onPeerUp { [weak self] peer in
            self?.logger.notice(
                "dispatcher connected",
                metadata: ["endpoint": "\(endpoint)", "incarnation": "\(peer.identity.incarnation)"])
            self?.changed()
        }
        handlers.onPeerDown { [weak self] _, reason in
            self?.lost("dispatcher lost", ["endpoint": "\(endpoint)", "reason": "\(reason)"])
            self?.changed()
        }
        return Link(endpoint, identity: identity, handlers: handlers, reactor: reactor, logger: logger)
    }

    /// Logs the loss of a connection; one that this end gave up itself is nothing to warn of.
    private func lost(_ message: Logger.Message, _ metadata: Logger.Metadata) {
        logger.log(level: state.withLock { $0.closed } ? .debug : .warning, message, metadata: metadata)
    }

    private func changed() {
        sessions.changed(.leaders)
        bump()
    }
}
