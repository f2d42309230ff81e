import Launch
import Logging
import Mesh
import Messages
import ServiceLifecycle
import Storage
import Synchronization

/// A dispatcher: opens its store, serves on the mesh, stops.
public final class DispatcherServer: Service {
    /// What a running one owns.
    private struct Parts: Sendable {
        let lock: DataLock
        let log: EventLog
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
    private let parts = Mutex<Parts?>(nil)

    public convenience init(_ configuration: DispatcherConfiguration, reactor: Reactor, logger: Logger) {
        self.init(configuration, reactor: reactor, clock: .system, isTicking: true, logger: logger)
    }

    /// - Parameter isTicking: false = only ``tick()`` lets time pass, for tests with a clock of their own.
    init(
        _ configuration: DispatcherConfiguration, reactor: Reactor, clock: DispatcherClock, isTicking: Bool,
        logger: Logger
    ) {
        self.configuration = configuration
        self.reactor = reactor
        self.clock = clock
        self.isTicking = isTicking
        self.logger = logger
    }

    /// Where it can be dialled, with the port that was found; empty before the start.
    public var endpoint: String { parts.withLock { $0?.listener.endpoint ?? "" } }

    /// Opens the store, loads every task that has not ended, binds, and makes itself known to the registry.
    /// - Throws: ``StoreError`` or ``Fault`` that says what is wrong with the data directory or the endpoint.
    public func start() async throws {
        let identity = Identity(role: .dispatcher, name: "dispatcher")
        let lock = try DataLock(directory: configuration.dataDirectory, name: "dispatcher")
        do {
            let log = try await EventLog(
                directory: configuration.dataDirectory, holder: identity.incarnation, now: clock.wall())
            do { try await serve(identity, lock, log) } catch {
                await log.close()
                throw error
            }
        } catch {
            lock.release()
            throw error
        }
    }

    private func serve(_ identity: Identity, _ lock: DataLock, _ log: EventLog) async throws {
        let service = DispatcherService(configuration, log: log, reactor: reactor, clock: clock, logger: logger)
        try await service.load()
        let listener = try await Listener(
            configuration.bind, identity: identity, handlers: DispatcherHandlers.make(service), reactor: reactor,
            logger: logger)
        let link = Link(
            configuration.registry, identity: identity, handlers: DispatcherHandlers.registry(service),
            reactor: reactor, logger: logger)
        let ticker = isTicking ? Self.ticker(service) : nil
        parts.withLock {
            $0 = Parts(lock: lock, log: log, service: service, listener: listener, link: link, ticker: ticker)
        }
        await service.announce(endpoint: configuration.advertise ?? listener.endpoint)
        if await !service.joined(within: Self.joinMs) {
            logger.warning("the registry cannot be reached yet", metadata: ["endpoint": "\(configuration.registry)"])
        }
    }

    private static func ticker(_ service: DispatcherService) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(50))
                await service.tick()
            }
        }
    }

    /// Lets the time of the injected clock pass.
    func tick() async { await parts.withLock { $0?.service }?.tick() }

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
        await parts.listener.close()
        await parts.log.close()
        parts.lock.release()
    }

    public func run() async throws {
        try await start()
        try? await gracefulShutdown()
        await stop()
    }
}
