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
        var directory: MeshDirectory
        var front: HTTPFront
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
    public var port: Int { running?.front.port ?? 0 }

    /// Its users and tokens; nil before ``start()`` has returned.
    public var accounts: Accounts? { running?.accounts }

    /// Its viewers' WebSockets; nil before ``start()`` has returned.
    var viewers: ViewerTable? { running?.front.viewers }

    /// Whether it is answering requests; for tests.
    var isBusy: Bool { running?.front.drain.isBusy ?? false }

    /// All that is answered over HTTP; nil before ``start()`` has returned.
    var routes: [Endpoint]? {
        running.map {
            RouteTable(
                accounts: $0.accounts, directory: $0.directory, tuning: configuration.tuning,
                drain: $0.front.drain
            ).routes
        }
    }

    /// Opens the accounts, dials the registry and listens. Returns when requests are answered; those that need
    /// the mesh wait for it.
    /// Without effect when it is started.
    /// - Throws: `StoreError` or ``Fault``: a sentence about the path or the address.
    public func start() async throws {
        guard running == nil else { return }
        let accounts = try await Accounts.open(
            dataDirectory: configuration.dataDirectory, cost: configuration.tuning.passwordCost)
        let table = SessionTable()
        let directory = MeshDirectory(
            registry: configuration.registry, identity: Identity(role: .gateway, name: configuration.name),
            reactor: reactor, logger: logger, sessions: table,
            cache: ServiceCache(directory: configuration.dataDirectory, logger: logger))
        let front = HTTPFront(
            configuration, accounts: accounts, directory: directory, sessions: table, logger: logger)
        directory.start()
        do { try await front.start() } catch {
            await directory.close()
            await accounts.close()
            throw error
        }
        let upkeep = Task { [logger] in await Self.keep(accounts, logger) }
        phase.withLock {
            $0 = .running(Running(accounts: accounts, directory: directory, front: front, upkeep: upkeep))
        }
    }

    /// Ends WebSockets and streams in order, waits a little for other requests, and closes everything.
    public func stop() async {
        let running = phase.withLock { phase -> Running? in
            defer { phase = .stopped }
            if case .running(let running) = phase { return running }
            return nil
        }
        guard let running else { return }
        await running.front.stop()
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

    /// Reads what other processes revoked, writes down what was used.
    private static func keep(_ accounts: Accounts, _ logger: Logger) async {
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
        // The last half minute's uses; without them a list says a little less.
        try? await accounts.flushUsed()
    }
}
