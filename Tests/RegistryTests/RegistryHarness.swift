import Logging
import Mesh
import Messages
import TestSupport

@testable import Registry

/// A whole registry with its data in a folder of its own, reached over a socket file.
final class RegistryHarness: Sendable {
    let folder: TemporaryDirectory
    let reactor: Reactor
    let server: RegistryServer
    let logger: Logger

    /// - Parameter folder: The folder of an earlier registry, to use its data; nil = a new folder.
    init(_ folder: TemporaryDirectory? = nil, startGrace: Duration? = nil, userDevices: Int = 1000) async throws {
        self.folder = try folder ?? TemporaryDirectory()
        reactor = Reactor(name: "test")
        var logger = Logger(label: "registry")
        logger.logLevel = .critical
        self.logger = logger
        var configuration = RegistryConfiguration(
            bind: "ipc://\(self.folder.file("registry.sock"))", dataDirectory: self.folder.file("data"),
            userDevices: userDevices)
        if let startGrace { configuration.startGrace = startGrace }
        server = RegistryServer(configuration, reactor: reactor, logger: logger)
        try await server.start()
    }

    /// Another service that has dialled the registry.
    func dial(_ role: ServiceRole = .gateway, name: String = "test", handlers: Handlers = Handlers()) async throws
        -> Caller
    {
        let identity = Identity(role: role, name: name)
        let link = Link(
            server.endpoint, identity: identity, handlers: handlers, reactor: reactor, logger: logger)
        return Caller(identity: identity, link: link, peer: try await link.connected())
    }

    func stop() async {
        await server.stop()
        await reactor.shutdown()
    }
}

/// A service as the registry sees it.
struct Caller: Sendable {
    var identity: Identity
    var link: Link
    var peer: Peer

    /// Registers a device in session `session` of this gateway.
    func register(
        _ id: String = "box", session: UInt64, owner: UserID = Samples.anna, generation: UInt64 = 0,
        boot: BootID = BootID(high: 7, low: 7), hostname: String = "box", again: Bool? = nil,
        within: Duration = .seconds(5)
    ) async throws -> DeviceRegistered {
        let route = Route(gateway: identity.incarnation, session: SessionNumber(session))
        var register = Samples.register(
            id, name: "Linux - \(id)", generation: generation, boot: boot, owner: owner, route: route,
            hostname: hostname)
        register.again = again
        return try await peer.request(register, deadline: within)
    }

    func devices(_ owner: UserID = Samples.anna) async throws -> [Device] {
        try await peer.request(DeviceList(owner: owner)).devices
    }

    func device(_ id: String = "box") async throws -> Device? {
        try await devices().first { $0.id == id }
    }
}
