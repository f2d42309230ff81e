import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import Messages
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The listening port: Hummingbird over ``GatewayChannel``. Makes a session of each WebSocket.
final class HTTPListener: Sendable {
    private struct Running {
        var group: ServiceGroup
        var task: Task<Void, any Error>
        var port: Int
    }

    private let configuration: GatewayConfiguration
    private let accounts: Accounts
    private let directory: ServiceDirectory
    private let sessions: SessionTable
    private let registrar: DeviceRegistrar
    private let newest = NewestSessions()
    private let logger: Logger
    /// Stops new requests while the gateway stops.
    let drain = Drain()
    /// Every viewer's WebSocket.
    let viewers = ViewerTable()
    private let running = Mutex<Running?>(nil)

    init(
        _ configuration: GatewayConfiguration, accounts: Accounts, directory: ServiceDirectory, sessions: SessionTable,
        logger: Logger
    ) {
        self.configuration = configuration
        self.accounts = accounts
        self.directory = directory
        self.sessions = sessions
        self.logger = logger
        registrar = DeviceRegistrar(directory: directory)
    }

    /// The port it listens on.
    var port: Int { running.withLock { $0?.port ?? 0 } }

    /// Every route over HTTP.
    var routes: RouteTable {
        RouteTable(accounts: accounts, client: client, tuning: configuration.tuning, drain: drain)
    }

    private var client: LeaderClient { LeaderClient(directory: directory) }

    /// Returns when it listens.
    /// - Throws: ``Fault`` with the address, or with the certificate, and what is wrong with it.
    func start() async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: routes.responder(verifier: accounts.verifier),
            server: try server(),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { [logger, most = configuration.tuning.connections] channel in
                try? await channel.eventLoop.submit {
                    let accepting = AcceptGuard(most: most, logger: logger)
                    try channel.pipeline.syncOperations.addHandler(accepting, position: .first)
                }.get()
                port.yield(channel.localAddress?.port ?? 0)
            },
            logger: quietLogger)
        var group = ServiceGroupConfiguration(services: [.init(service: application)], logger: quietLogger)
        group.maximumGracefulShutdownDuration = configuration.drain
        let services = ServiceGroup(configuration: group)
        let task = Task {
            defer { port.finish() }
            try await services.run()
        }
        for await port in ports {
            running.withLock { $0 = Running(group: services, task: task, port: port) }
            return
        }
        do { try await task.value } catch {
            throw Fault(.unavailable, "cannot listen on \(configuration.host):\(configuration.port): \(error)")
        }
    }

    /// Closes executors and viewers first, since they can reconnect elsewhere; refuses new requests and waits for those
    /// in flight, at most for the drain time; then ends streams and closes the port.
    func stop() async {
        guard let running = running.withLock({ $0 }) else { return }
        drain.begin()
        directory.announce(draining: true)
        for session in sessions.all { session.close(.goingAway) }
        for viewer in viewers.all { viewer.channel.triggerUserOutboundEvent(CloseReason.goingAway, promise: nil) }
        await drain.run(within: configuration.drain)
        await running.group.triggerGracefulShutdown()
        try? await running.task.value
    }

    /// For Hummingbird: its info lines do not help an operator.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = logger.logLevel <= .debug ? logger.logLevel : .warning
        return quiet
    }

    private func server() throws -> HTTPServerBuilder {
        // An upgrade that is not admitted is answered by the HTTP route of the same path, with the reason.
        let routes = [UpgradeRoute.executor(connect, verifier: accounts.verifier), .viewer(view)].map {
            $0.unless { [drain] in drain.isOn }
        }
        let (ledger, tuning) = (AddressLedger(limit: configuration.addressConnections), configuration.tuning)
        let plain = HTTPServerBuilder {
            GatewayChannel(responder: $0, routes: routes, ledger: ledger, tuning: tuning)
        }
        switch (configuration.tlsCertificate, configuration.tlsKey) {
        case (nil, nil): return plain
        case (let certificate?, let key?):
            do {
                let chain = try NIOSSLCertificate.fromPEMFile(certificate).map {
                    NIOSSLCertificateSource.certificate($0)
                }
                let key = try NIOSSLPrivateKey(file: key, format: .pem)
                var tls = TLSConfiguration.makeServerConfiguration(
                    certificateChain: chain, privateKey: .privateKey(key))
                tls.minimumTLSVersion = .tlsv12
                // Of TLS 1.2 only what keeps earlier connections secret when the key is stolen; TLS 1.3 always does.
                tls.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
                return try .tls(plain, tlsConfiguration: tls)
            } catch {
                throw Fault(.invalidRequest, "the certificate \(certificate) or its key cannot be used: \(error)")
            }
        default: throw Fault(.invalidRequest, "TLS needs both a certificate and its key")
        }
    }

    /// Makes the session of a new executor, on its channel's event loop.
    @Sendable private func connect(
        _ channel: any Channel, _ claims: TokenClaims
    ) throws -> @Sendable () -> ReadBudget.Rate {
        let session = ExecutorSession(
            channel: channel, claims: claims, directory: directory, registrar: registrar, newest: newest,
            timeout: configuration.tuning.registration, logger: logger)
        sessions.add(session)
        session.observeDirectory()
        try install(session, on: channel)
        return { [rate = configuration.tuning.executorRate] in session.readRate(rate) }
    }

    /// Makes the session of a new viewer, on its channel's event loop.
    @Sendable private func view(_ channel: any Channel) throws -> @Sendable () -> ReadBudget.Rate {
        let session = ViewerSession(
            channel: channel, accounts: accounts, client: client, timeout: configuration.tuning.token, logger: logger)
        viewers.add(session)
        try install(session, on: channel)
        return { GatewayLimits.viewerRate }
    }

    private func install(_ session: some WebSocketSession, on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            WebSocketHandler(session, verifier: accounts.verifier, tuning: configuration.tuning))
        // Admitted before the drain began, and too late for the loop in stop().
        if drain.isOn {
            channel.eventLoop.execute { channel.triggerUserOutboundEvent(CloseReason.goingAway, promise: nil) }
        }
    }
}
