import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import Messages
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The listening port: Hummingbird over ``GatewayChannel``.
final class HTTPFront: Sendable {
    private let configuration: GatewayConfiguration
    private let accounts: Accounts
    private let directory: MeshDirectory
    private let sessions: SessionTable
    private let logger: Logger
    /// The end of it all.
    let drain = Drain()
    /// All viewers' WebSockets.
    let viewers = ViewerTable()
    private let running = Mutex<(group: ServiceGroup, task: Task<Void, any Error>, port: Int)?>(nil)

    init(
        _ configuration: GatewayConfiguration, accounts: Accounts, directory: MeshDirectory, sessions: SessionTable,
        logger: Logger
    ) {
        self.configuration = configuration
        self.accounts = accounts
        self.directory = directory
        self.sessions = sessions
        self.logger = logger
    }

    /// The port it listens on.
    var port: Int { running.withLock { $0?.port ?? 0 } }

    /// Returns when it listens.
    /// - Throws: ``Fault`` with the address and what is wrong with it, or with the certificate.
    func start() async throws {
        let (listening, told) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: RouteTable(
                accounts: accounts, directory: directory, tuning: configuration.tuning, drain: drain
            )
            .responder(verifier: accounts.verifier),
            server: try server(),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { channel in told.yield(channel.localAddress?.port ?? 0) },
            logger: quiet)
        var group = ServiceGroupConfiguration(services: [.init(service: application)], logger: quiet)
        group.maximumGracefulShutdownDuration = configuration.drain
        let services = ServiceGroup(configuration: group)
        let task = Task {
            defer { told.finish() }
            try await services.run()
        }
        for await port in listening {
            running.withLock { $0 = (services, task, port) }
            return
        }
        do { try await task.value } catch {
            throw Fault(.unavailable, "cannot listen on \(configuration.host):\(configuration.port): \(error)")
        }
    }

    /// Refuses new requests while those under way are answered, at most for the time of a drain; then ends streams and
    /// the port. Executors and viewers are told first, since they have somewhere else to go.
    func stop() async {
        guard let (group, task, _) = running.withLock({ $0 }) else { return }
        drain.begin()
        directory.announce(draining: true)
        for session in sessions.all { session.close(.goingAway) }
        for viewer in viewers.all { viewer.channel.triggerUserOutboundEvent(SessionEnd.goingAway, promise: nil) }
        await drain.run(within: configuration.drain)
        await group.triggerGracefulShutdown()
        try? await task.value
    }

    /// Its own steps are of use only to somebody who looks for a fault in them.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = logger.logLevel <= .debug ? logger.logLevel : .warning
        return quiet
    }

    private func server() throws -> HTTPServerBuilder {
        // An upgrade that is not admitted goes on as plain HTTP, where it is told why.
        let routes = [UpgradeRoute.executor(connect, verifier: accounts.verifier), .viewer(view)].map {
            $0.unless { [drain] in drain.isOn }
        }
        let stall = configuration.tuning.stall
        let plain = HTTPServerBuilder { GatewayChannel(responder: $0, routes: routes, stall: stall) }
        switch (configuration.tlsCertificate, configuration.tlsKey) {
        case (nil, nil): return plain
        case (let certificate?, let key?):
            do {
                let chain = try NIOSSLCertificate.fromPEMFile(certificate).map {
                    NIOSSLCertificateSource.certificate($0)
                }
                let key = try NIOSSLPrivateKey(file: key, format: .pem)
                return try .tls(
                    plain,
                    tlsConfiguration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
            } catch {
                throw Fault(.invalidRequest, "the certificate \(certificate) or its key cannot be used: \(error)")
            }
        default: throw Fault(.invalidRequest, "TLS needs both a certificate and its key")
        }
    }

    /// A new executor, on its channel's event loop.
    @Sendable private func connect(_ channel: any Channel, _ claims: TokenClaims) throws {
        let session = ExecutorSession(
            number: .generate(), claims: claims, channel: channel, table: sessions, directory: directory,
            patience: configuration.tuning.registration, logger: logger)
        sessions.add(session)
        try guest(session, on: channel)
    }

    /// A new viewer, on its channel's event loop.
    @Sendable private func view(_ channel: any Channel) throws {
        let session = ViewerSession(
            channel: channel, accounts: accounts, directory: directory, table: viewers,
            patience: configuration.tuning.token, logger: logger)
        try guest(session, on: channel)
    }

    private func guest(_ session: some SocketGuest, on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            GuestSocket(session, verifier: accounts.verifier, tuning: configuration.tuning))
        // Admitted before the stop began, and not among those who were told.
        if drain.isOn {
            channel.eventLoop.execute { channel.triggerUserOutboundEvent(SessionEnd.goingAway, promise: nil) }
        }
    }
}
