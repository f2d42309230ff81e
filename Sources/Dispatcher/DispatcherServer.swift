import Launch
import Logging
import Mesh
import Messages
import ServiceLifecycle
import Synchronization

/// A dispatcher process: opens its store, serves on the mesh, stops. ``start()`` leads or fails; ``run()`` waits as a
/// standby while another process leads on the same data directory.
public final class DispatcherServer: Service {
    /// A change that ``run()`` reports.
    public enum Status: Sendable, Equatable {
        /// It waits: another process leads on this data directory.
        case standby(directory: String)
        /// It waits, and the other process is at a long start, such as `migration, step 3, 40 s`.
        case waiting(directory: String, work: String)
        /// It leads and serves at this endpoint.
        case leads(endpoint: String)
    }

    /// Everything that exists only while it leads.
    private struct Parts: Sendable {
        let store: any TaskStore
        let service: DispatcherService
        let registry: RegistryClient
        let listener: Listener
        let link: Link
        let ticker: Task<Void, Never>?
    }

    /// How long the start waits for the registry, in ms. Then it serves without: devices with a session need none.
    private static let joinMs: Int64 = 5000

    private let configuration: DispatcherConfiguration
    private let reactor: Reactor
    private let clock: DispatcherClock
    private let isTicking: Bool
    private let logger: Logger
    private let onStatus: @Sendable (Status) -> Void
    /// Messages and commits that were refused as stale.
    let stale = StaleCounters()
    private let parts = Mutex<Parts?>(nil)

    /// - Parameter onStatus: Called by ``run()`` when it becomes a standby or the leader.
    public convenience init(
        _ configuration: DispatcherConfiguration, reactor: Reactor, logger: Logger,
        onStatus: @escaping @Sendable (Status) -> Void = { _ in }
    ) {
        self.init(configuration, reactor: reactor, clock: .system, isTicking: true, logger: logger, onStatus: onStatus)
    }

    /// - Parameter isTicking: false = deadlines pass only at ``tick()``, for tests with a clock of their own.
    init(
        _ configuration: DispatcherConfiguration, reactor: Reactor, clock: DispatcherClock, isTicking: Bool,
        logger: Logger, onStatus: @escaping @Sendable (Status) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.reactor = reactor
        self.clock = clock
        self.isTicking = isTicking
        self.logger = logger
        self.onStatus = onStatus
    }

    /// The endpoint that it listens on, with the port that was found; empty while it does not lead.
    public var endpoint: String { parts.withLock { $0?.listener.endpoint ?? "" } }

    /// Opens the store, loads every task that has not ended, binds, and announces itself to the registry.
    /// - Throws: ``TaskStoreError`` or ``Fault`` that names the problem of the data directory or the endpoint;
    ///   `locked` when another process leads there.
    public func start() async throws {
        try await lead(Standby(configuration, clock: clock, logger: logger).claim())
    }

    private func lead(_ claim: Standby.Claim) async throws {
        let identity = Identity(role: .dispatcher, name: "dispatcher")
        let store = try await claim.open(as: identity.incarnation, now: clock.wall())
        do { try await serve(identity, store, isTakeover: claim.isTakeover) } catch {
            try? await store.leave()
            await store.close()
            throw error
        }
    }

    private func serve(_ identity: Identity, _ store: any TaskStore, isTakeover: Bool) async throws {
        let service = DispatcherService(
            configuration, store: store, reactor: reactor, clock: clock, stale: stale, logger: logger)
        let listener: Listener
        do {
            try await service.load()
            let bind = isTakeover ? Self.takeoverEndpoint(configuration.bind, identity) : configuration.bind
            listener = try await Listener(
                bind, identity: identity, handlers: DispatcherHandlers.make(service), reactor: reactor, logger: logger)
        } catch {
            await service.stop()
            throw error
        }
        let registry = RegistryClient(service, clock: clock, reactor: reactor, logger: logger)
        let link = Link(
            configuration.registry, to: .registry, identity: identity, handlers: DispatcherHandlers.registry(registry),
            reactor: reactor, logger: logger)
        let ticker = isTicking ? Self.ticker(service, registry) : nil
        parts.withLock {
            $0 = Parts(
                store: store, service: service, registry: registry, listener: listener, link: link, ticker: ticker)
        }
        let advertise =
            isTakeover ? Self.moved(configuration.advertise, to: listener.endpoint) : configuration.advertise
        await registry.announce(await service.shards.claims, endpoint: advertise ?? listener.endpoint)
        if await !registry.joined(within: Self.joinMs) {
            logger.warning("the registry cannot be reached yet", metadata: ["endpoint": "\(configuration.registry)"])
        }
    }

    /// Returns the endpoint of a takeover, when the frozen leader may still hold the configured one: gateways learn any
    /// endpoint from the registry. Two processes cannot share the file of a socket either.
    static func takeoverEndpoint(_ bind: String, _ identity: Identity) -> String {
        guard bind.hasPrefix("tcp://") else { return "\(bind).\(identity.incarnation)" }
        return bind.lastIndex(of: ":").map { "\(bind[...$0])0" } ?? bind
    }

    /// Returns an advertised endpoint with the port of another one.
    static func moved(_ advertise: String?, to endpoint: String) -> String? {
        guard let advertise, advertise.hasPrefix("tcp://"), let colon = advertise.lastIndex(of: ":"),
            let port = endpoint.lastIndex(of: ":")
        else { return nil }
        return "\(advertise[..<colon])\(endpoint[port...])"
    }

    private static func ticker(_ service: DispatcherService, _ registry: RegistryClient) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(50))
                await service.tick()
                await registry.tick()
            }
        }
    }

    /// The service while it leads, for tests.
    var service: DispatcherService? { parts.withLock { $0?.service } }

    /// Passes the deadlines that are due by the injected clock.
    func tick() async {
        let parts = parts.withLock { $0 }
        await parts?.service.tick()
        await parts?.registry.tick()
    }

    /// Takes nothing more in, commits what was decided, closes its connections and the store. Idempotent.
    public func stop() async {
        guard
            let parts = parts.withLock({ parts in
                defer { parts = nil }
                return parts
            })
        else { return }
        await parts.registry.stop()
        await parts.service.stop()
        parts.ticker?.cancel()
        await parts.link.close()
        await parts.listener.close(answeringWithin: .milliseconds(DispatcherLimits.answersMs))
        try? await parts.store.leave()
        await parts.store.close()
    }

    /// Waits until it may lead, leads, and waits again after another process took the lead; until the graceful shutdown.
    /// - Throws: as ``start()``, except that it waits while another process leads. A standby gives up only when the data
    ///   are damaged or cannot be read by this version.
    public func run() async throws {
        var standby = Standby(configuration, clock: clock, logger: logger)
        var isStandby = false
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            guard let claim = try await claim(&standby, &isStandby) else { return }
            do { try await lead(claim) } catch {
                guard isStandby, Self.isTransient(error) else { throw error }
                logger.error("the lead cannot be taken, trying again", metadata: ["error": "\(error)"])
                if claim.isTakeover { standby.endFrozenLeader(after: error) }
                standby.restart()
                try? await Task.sleep(for: .milliseconds(DispatcherLimits.retryMs))
                continue
            }
            logger.notice("ready", metadata: ["endpoint": "\(endpoint)"])
            onStatus(.leads(endpoint: endpoint))
            await leadUntilEnd()
            await stop()
            isStandby = false
            standby.restart()
        }
    }

    /// Waits until it may lead; reports the wait.
    /// - Returns: nil at the graceful shutdown.
    private func claim(_ standby: inout Standby, _ isStandby: inout Bool) async throws -> Standby.Claim? {
        if let claim = try await standby.attempt() { return claim }
        if !isStandby {
            isStandby = true
            let directory = configuration.dataDirectory
            let holder = standby.leader
            logger.notice(
                "standby: another dispatcher leads on this data directory",
                metadata: ["directory": "\(directory)", "process": "\(holder.map(String.init) ?? "unknown")"])
            onStatus(.standby(directory: directory))
        }
        let waiting = standby
        let (report, directory) = (self.onStatus, configuration.dataDirectory)
        let claim = try await cancelWhenGracefulShutdown {
            var standby = waiting
            do {
                let claim = try await standby.wait { report(.waiting(directory: directory, work: $0)) }
                return (claim, standby) as (Standby.Claim, Standby)?
            } catch is CancellationError {
                return nil
            }
        }
        if let claim { standby = claim.1 }
        return claim?.0
    }

    private func leadUntilEnd() async {
        guard let service = parts.withLock({ $0?.service }) else { return }
        let end: @Sendable () -> Void = { Task { await service.resumeSuccessors() } }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await service.deposed()
            } onGracefulShutdown: {
                end()
            }
        } onCancel: {
            end()
        }
    }

    /// Returns whether a standby that could not lead tries again: the disk may get room, and a frozen process may end or
    /// go on.
    private static func isTransient(_ error: any Error) -> Bool {
        guard let error = error as? TaskStoreError else { return true }
        switch error.kind {
        case .corrupt, .tooNew, .cannotOpen: return false
        default: return true
        }
    }
}
