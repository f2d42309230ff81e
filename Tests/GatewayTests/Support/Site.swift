import Curl
import Foundation
import Logging
import Mesh
import Messages
import TestClient
import TestSupport

@testable import Gateway

/// A gateway in this process with a scripted registry and dispatcher, and two users.
final class Site: Sendable {
    let folder: TemporaryDirectory
    let reactor: Reactor
    let registry: ScriptedRegistry
    let dispatcher: ScriptedDispatcher
    let server: GatewayServer
    let accounts: Accounts
    let ada: User
    let bob: User
    let password: String
    let client = CurlClient()
    /// As ada.
    let api: API
    /// As bob.
    let other: API

    /// The lowest cost of a password hash, for tests of other things.
    static let cheap = PasswordHash.Cost(logRounds: 4, blockSize: 1, parallelism: 1)

    /// Runs `body` with a gateway that is connected to its leader.
    static func with(
        _ tune: (inout GatewayTuning) -> Void = { _ in }, _ body: (Site) async throws -> Void,
        configure: (inout GatewayConfiguration) -> Void = { _ in }
    ) async throws {
        let site = try await Site(tune, configure)
        do { try await body(site) } catch {
            await site.close()
            throw error
        }
        await site.close()
    }

    private init(
        _ tune: (inout GatewayTuning) -> Void, _ configure: (inout GatewayConfiguration) -> Void
    ) async throws {
        folder = try TemporaryDirectory()
        reactor = Reactor(security: .insecureLoopback)
        registry = try await ScriptedRegistry.open(reactor)
        dispatcher = try await ScriptedDispatcher.open(reactor)
        registry.set(services: [dispatcher.entry])
        var configuration = GatewayConfiguration(registry: registry.endpoint, port: 0, dataDirectory: folder.path)
        configuration.tuning.passwordCost = Self.cheap
        tune(&configuration.tuning)
        configure(&configuration)
        server = GatewayServer(configuration, reactor: reactor, logger: Logger(label: "gateway under test"))
        try await server.start()
        guard let accounts = server.accounts else { throw Overdue("the accounts", after: .zero) }
        self.accounts = accounts
        password = try await accounts.addUser("ada")
        _ = try await accounts.addUser("bob")
        let users = try await accounts.users()
        (ada, bob) = (users[0], users[1])
        let url = "http://127.0.0.1:\(server.port)"
        api = API(url, token: try await accounts.issueToken(user: "ada", name: "test"), client: client)
        other = API(url, token: try await accounts.issueToken(user: "bob", name: "test"), client: client)
        let api = api
        try await eventually("the leader", within: .seconds(20)) {
            try await api.call("GET", "/tasks").status == 200
        }
    }

    private func close() async {
        await server.stop()
        await dispatcher.close()
        await registry.close()
        await reactor.shutdown()
        await client.shutdown()
    }

    /// A token of ada's that is valid for this long.
    func token(seconds: Double) async throws -> String {
        try await accounts.issue(owner: ada.id, name: "short", seconds: seconds).token
    }

    /// A WebSocket at `/executor`.
    func dial(token: String? = nil) async throws -> TestSocket {
        try await TestSocket.dial(port: server.port, token: token ?? api.token)
    }

    /// Sends a request with these header fields and returns the whole answer.
    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil, token: String? = nil
    ) async throws -> (status: Int, headers: CurlHeaders, body: JSON) {
        var request = CurlRequest(method, api.url + path, body: body, totalTimeout: .seconds(30))
        request.headers["Authorization"] = "Bearer \(token ?? api.token ?? "")"
        for (name, value) in headers { request.headers[name] = value }
        let response = try await client.send(request)
        let bytes = try await response.body.bytes()
        return (response.status, response.headers, (try? JSON(bytes)) ?? .missing)
    }
}
