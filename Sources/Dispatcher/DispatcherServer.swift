import Launch
import Logging
import Mesh
import Messages
import ServiceLifecycle
import Synchronization

/// A dispatcher: opens its store, serves on the mesh, stops. Started with ``start()`` it leads or fails; run as a
/// service it waits as a standby while another process leads on the same data directory.
public final class DispatcherServer: Service {
    /// What it says of itself while it runs as a service.
    public enum Word: Sendable, Equatable {
        /// Another process leads on this data directory; this one waits.
        case standby(directory: String)
        /// It serves at this endpoint.
        case leads(endpoint: String)
    }

    /// What a leading one owns.
    private struct Parts: Sendable {
        let store: any TaskStore
        let service: DispatcherService
        let listener: Listener
        let link: Link
        let ticker: Task<Void, Never>?
    }

    /// How long the start waits for the registry, in ms. It goes on without: devices with a session are served.
    private static let joinMs: Int64 = 5000

    private let configuration: DispatcherConfiguration
    private let reactor: Reactor
    private let clock: DispatcherClock
    private let isTicking: Bool
    private let logger: Logger
    private let tell: @Sendable (Word) -> Void
    /// What was refused because something newer was there.
    let stale = StaleCounters()
    private let parts = Mutex<Parts?>(nil)

    /// - Parameter tell: Called by ``run()`` whenever it becomes a standby or the leader.
    public convenience init(
        _ configuration: DispatcherConfiguration, reactor: Reactor, logger: Logger,
        tell: @escaping @Sendable (Word) -> Void = { _ in }
    ) {
        self.init(configuration, reactor: reactor, clock: .system, isTicking: true, logger: logger, tell: tell)
    }

    /// - Parameter isTicking: false = only ``tick()`` lets time pass, for tests with a clock of their own.
    init(
        _ configuration: DispatcherConfiguration, reactor: Reactor, clock: DispatcherClock, isTicking: Bool,
        logger: Logger, tell: @escaping @Sendable (Word) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.reactor = reactor
        self.clock = clock
        self.isTicking = isTicking
        self.logger = logger
        self.tell = tell
    }

    /// Where it can be dialled, with the port that was found; empty while it does not lead.
    public var endpoint: String { parts.withLock { $0?.listener.endpoint ?? "" } }

    /// Opens the store, loads every task that has not ended, binds, and makes itself known to the registry.
    /// - Throws: ``TaskStoreError`` or ``Fault`` that says what is wrong with the data directory or the endpoint;
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
            let bind = isTakeover ? Self.beside(configuration.bind, identity) : configuration.bind
            listener = try await Listener(
                bind, identity: identity, handlers: DispatcherHandlers.make(service), reactor: reactor, logger: logger)
        } catch {
            await service.stop()
            throw error
        }
        let link = Link(
            configuration.registry, identity: identity, handlers: DispatcherHandlers.registry(service),
            reactor: reactor, logger: logger)
        let ticker = isTicking ? Self.ticker(service) : nil
        parts.withLock {
            $0 = Parts(store: store, service: service, listener: listener, link: link, ticker: ticker)
        }
        let advertise =
            isTakeover ? Self.moved(configuration.advertise, to: listener.endpoint) : configuration.advertise
        await service.announce(endpoint: advertise ?? listener.endpoint)
        if await !service.joined(within: Self.joinMs) {
            logger.warning("the registry cannot be reached yet", metadata: ["endpoint": "\(configuration.registry)"])
        }
    }

    /// Where to listen when the frozen leader may hold our own address: gateways learn of any through the registry. A
    /// socket's file would be taken from it, and by it when it closes.
    static func beside(_ bind: String, _ identity: Identity) -> String {
        guard bind.hasPrefix("tcp://") else { return "\(bind).\(identity.incarnation)" }
        return bind.lastIndex(of: ":").map { "\(bind[...$0])0" } ?? bind
    }

    /// An advertised address with the port that was found.
    static func moved(_ advertise: String?, to endpoint: String) -> String? {
        guard let advertise, advertise.hasPrefix("tcp://"), let colon = advertise.lastIndex(of: ":"),
            let port = endpoint.lastIndex(of: ":")
        else { return nil }
        return "\(advertise[..<colon])\(endpoint[port...])"
    }

    private static func ticker(_ service: DispatcherService) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(50))
                await service.tick()
            }
        }
    }

    /// The present leader's service, for tests; nil while it does not lead.
    var service: DispatcherService? { parts.withLock { $0?.service } }

    /// Lets the time of the injected clock pass.
    func tick() async { await service?.tick() }

    /// Takes nothing more in, writes what was decided, says goodbye and closes. Idempotent.
    public func stop() async {
        guard
            let parts = parts.withLock({ parts in
                defer { parts = nil }
                return parts
            })
        else { return }
        await parts.service.stop()
        parts.ticker?.cancel()
        await parts.link.close()
        await parts.listener.close(answeringWithin: .milliseconds(DispatcherLimits.answersMs))
        try? await parts.store.leave()
        await parts.store.close()
    }

    /// Waits until it may lead, leads, and waits again when another process has taken the lead from it; until the
    /// graceful shutdown.
    /// - Throws: as ``start()``, but waits where another process leads. A standby gives up only when the data
    ///   are damaged or cannot be read by this version.
    public func run() async throws {
        var standby = Standby(configuration, clock: clock, logger: logger)
        var isStandby = false
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            guard let claim = try await claim(&standby, &isStandby) else { return }
            do { try await lead(claim) } catch {
                guard isStandby, Self.mayPass(error) else { throw error }
                logger.error("the lead cannot be taken, trying again", metadata: ["error": "\(error)"])
                if claim.isTakeover { standby.endFrozenLeader(after: error) }
                standby.restart()
                try? await Task.sleep(for: .milliseconds(DispatcherLimits.retryMs))
                continue
            }
            logger.notice("ready", metadata: ["endpoint": "\(endpoint)"])
            tell(.leads(endpoint: endpoint))
            await leadUntilEnd()
            await stop()
            isStandby = false
            standby.restart()
        }
    }

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
            tell(.standby(directory: directory))
        }
        let waiting = standby
        let claim = try await cancelWhenGracefulShutdown {
            var standby = waiting
            do { return (try await standby.wait(), standby) as (Standby.Claim, Standby)? } catch is CancellationError {
                return nil
            }
        }
        if let claim { standby = claim.1 }
        return claim?.0
    }

    private func leadUntilEnd() async {
        guard let service = parts.withLock({ $0?.service }) else { return }
        let end: @Sendable () -> Void = { Task { await service.letSuccessorsGo() } }
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

    /// Whether a standby that could not lead may be able to later: the disk may get room, a process that is frozen
    /// may be ended or go on.
    private static func mayPass(_ error: any Error) -> Bool {
        guard let error = error as? TaskStoreError else { return true }
        switch error.kind {
        case .corrupt, .tooNew, .cannotOpen: return false
        default: return true
        }
    }
}
