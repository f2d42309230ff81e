import Logging
import Mesh
import Messages
import ServiceLifecycle
import Synchronization

/// The gateway: HTTP and WebSockets outside, the mesh inside. Owner of its accounts, its links and its port.
public final class GatewayServer: Service {
    private enum Phase {
        case idle
        case running(Running)
        case stopped
    }
    private struct Running: Sendable {
        var accounts: Accounts
        var directory: ServiceDirectory
        var listener: HTTPListener
        var upkeep: Task<Void, Never>
    }

    private let configuration: GatewayConfiguration
    private let reactor: Reactor
    private let logger: Logger
    private let phase = Mutex(Phase.idle)

    public init(_ configuration: GatewayConfiguration, reactor: Reactor, logger: Logger) {
        self.configuration = configuration
        self.reactor = reactor
        self.logger = logger
    }

    /// The port it listens on; 0 before ``start()`` has returned.
    public var port: Int { running?.listener.port ?? 0 }

    /// Its users and tokens; nil before ``start()`` has returned.
    public var accounts: Accounts? { running?.accounts }

    /// Its viewers' WebSockets; nil before ``start()`` has returned.
    var viewers: ViewerTable? { running?.listener.viewers }

    /// Whether requests are in flight; for tests.
    var isBusy: Bool { running?.listener.drain.isBusy ?? false }

    /// Every route over HTTP; nil before ``start()`` has returned.
    var routes: [Endpoint]? { running?.listener.routes.routes }

    /// Opens the accounts, dials the registry and listens. Returns when HTTP requests are answered; requests that need
    /// the mesh wait for it. Without effect when it is started.
    /// - Throws: `StoreError` with the path or ``Fault`` with the address.
    public func start() async throws {
        guard running == nil else { return }
        let accounts = try await Accounts.open(
            dataDirectory: configuration.dataDirectory, cost: configuration.tuning.passwordCost)
        let sessions = SessionTable()
        let directory = ServiceDirectory(
            registry: configuration.registry, identity: Identity(role: .gateway, name: configuration.name),
            handlers: sessions.handlers, reactor: reactor,
            cache: ServiceCache(directory: configuration.dataDirectory, logger: logger), logger: logger)
        let listener = HTTPListener(
            configuration, accounts: accounts, directory: directory, sessions: sessions, logger: logger)
        directory.start()
        do { try await listener.start() } catch {
            await directory.close()
            await accounts.close()
            throw error
        }
        let upkeep = Task { [logger] in await Self.maintain(accounts, logger) }
        phase.withLock {
            $0 = .running(Running(accounts: accounts, directory: directory, listener: listener, upkeep: upkeep))
        }
    }

    /// Closes WebSockets and streams in order, waits for other requests at most for the drain time, and closes
    /// everything.
    public func stop() async {
        let running = phase.withLock { phase -> Running? in
            defer { phase = .stopped }
            if case .running(let running) = phase { return running }
            return nil
        }
        guard let running else { return }
        await running.listener.stop()
        running.upkeep.cancel()
        await running.upkeep.value
        await running.directory.close()
        await running.accounts.close()
    }

    /// Starts, waits for the graceful shutdown, stops.
    public func run() async throws {
        try await start()
        try? await gracefulShutdown()
        await stop()
    }

    private var running: Running? {
        phase.withLock { phase in
            if case .running(let running) = phase { return running }
            return nil
        }
    }

    /// Reads the tokens that other processes revoked and writes the tokens' times of use, until it is cancelled.
    private static func maintain(_ accounts: Accounts, _ logger: Logger) async {
        var flush = ContinuousClock.now + GatewayLimits.tokenUse
        while (try? await Task.sleep(for: GatewayLimits.revocations)) != nil {
            do {
                try await accounts.refreshRevoked()
                guard ContinuousClock.now >= flush else { continue }
                flush = .now + GatewayLimits.tokenUse
                try await accounts.flushUsed()
            } catch {
                logger.error("accounts cannot be read", metadata: ["error": "\(error)"])
            }
        }
        // A failure loses at most the last 30 s of times of use.
        try? await accounts.flushUsed()
    }
}
