import Foundation
import ScriptedModel
import Synchronization
import TestClient
import TestSupport

@testable import Gateway

/// The four services as four processes on free ports, with one user who is logged in.
final class Cluster: Sendable {
    /// How a cluster is started.
    struct Options: Sendable {
        /// Seconds after which a lost device's tasks fail; nil = as built.
        var grace: Int?
        /// What the first executor is started with besides the essentials; nil = no executor.
        var executor: [String]? = ["--allow-shell"]
        /// The model behind Claude Code.
        var model: ScriptedModel?
        /// Whether there is a second user; each costs the work of two password hashes.
        var bob = false
        /// Which `claude` the executor is told to use; nil = the real one.
        var claude: String?
    }

    let directory: TemporaryDirectory
    let options: Options
    private let services = Mutex<[String: Service]>([:])
    private let session = Mutex<API?>(nil)
    private let otherSession = Mutex<API?>(nil)

    private init(_ options: Options) throws {
        self.options = options
        directory = try TemporaryDirectory()
    }

    /// Runs `body` with a cluster, and stops every process whatever happens; a process that does not stop cleanly
    /// fails the test, and a test that fails shows the logs.
    static func with(_ options: Options = Options(), _ body: (Cluster) async throws -> Void) async throws {
        let cluster = try Cluster(options)
        do {
            try await cluster.start()
            try await body(cluster)
        } catch {
            let words = cluster.services.withLock { $0.values.map(\.words) }.joined(separator: "\n")
            print("A cluster's test failed: \(error)\n\(words)")
            try? await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }

    /// The HTTP interface as the first user, `ada`.
    var api: API { session.withLock { $0 } ?? API("http://127.0.0.1:9") }

    /// The HTTP interface as the second user, `bob`, who has nothing.
    var bob: API { otherSession.withLock { $0 } ?? api }

    /// One of the running services, by its part's name (`registry`, `dispatcher`, `gateway`, `executor`).
    func service(_ part: String) -> Service? { services.withLock { $0[part] } }

    private func start() async throws {
        try await startService(
            "registry", Binaries.registry, ["--bind", "tcp://127.0.0.1:0", "--data", data("registry")])
        try await startDispatcher()
        let password = try await addUser("ada")
        let second = options.bob ? try await addUser("bob") : nil
        try await startGateway(port: 0)
        let url = service("gateway")?.ready["url"].string ?? ""
        let api = try await API(url).login("ada", password)
        session.withLock { $0 = api }
        if let second {
            let other = try await api.with(token: nil).login("bob", second)
            otherSession.withLock { $0 = other }
        }
        if let flags = options.executor { try await startExecutor(flags) }
    }

    /// Starts the dispatcher, again after ``stop(_:)`` or ``kill(_:)`` on the same data.
    func startDispatcher() async throws {
        let grace = options.grace.map { ["--grace-s", "\($0)"] } ?? []
        try await startService(
            "dispatcher", Binaries.dispatcher,
            ["--registry", endpoint, "--bind", "tcp://127.0.0.1:0", "--data", data("dispatcher")] + grace)
    }

    /// Kills the gateway and starts it again at the same address.
    func restartGateway() async throws {
        let port = api.url.split(separator: ":").last.flatMap { Int($0) } ?? 0
        try await kill("gateway")
        try await startGateway(port: port)
    }

    private func startGateway(port: Int) async throws {
        try await startService(
            "gateway", Binaries.gateway,
            ["--registry", endpoint, "--http", "127.0.0.1:\(port)", "--data", data("gateway")])
    }

    /// Starts an executor and waits until its device is online.
    /// - Parameter part: Its name here and on the list of devices; one of the same name has the same home.
    @discardableResult
    func startExecutor(
        _ flags: [String] = ["--allow-shell"], part: String = "executor", api: API? = nil
    ) async throws -> JSON {
        let api = api ?? self.api
        let token = try await api.mint(part)
        try await startService(
            part, Binaries.executor,
            ["--mode", "local", "--home", data(part), "--name", part, "--device-id", part] + flags,
            environment: environment(token: token))
        return try await eventually("the device \(part) is online") {
            try await api.device(part).flatMap { $0["status"].string == "online" ? $0 : nil }
        }
    }

    /// What an executor or a command line of this cluster has in its environment.
    func environment(token: String) -> [String: String] {
        var environment = options.model?.environment(home: directory.file("home")) ?? ["HOME": directory.file("home")]
        try? FileManager.default.createDirectory(
            atPath: directory.file("home"), withIntermediateDirectories: true)
        environment["WEGENT_BACKEND_URL"] = api.url
        environment["WEGENT_TOKEN"] = token
        environment["WEGENT_CLAUDE"] = options.claude ?? Binaries.claude ?? "/nonexistent/claude"
        // Claude Code refuses to bypass permissions as root unless it is told that nothing can be harmed.
        environment["IS_SANDBOX"] = "1"
        return environment
    }

    /// Makes a user as an administrator does, and returns the password.
    func addUser(_ name: String) async throws -> String {
        let command = try ChildProcess(Binaries.gateway, ["user", "add", name, "--data", data("gateway")])
        guard try await command.exit() == .exited(0), let line = command.stdout.lines.last else {
            throw Malformed(description: "user add \(name): \(command.stderr.text)")
        }
        // For people the line may name the password; for scripts the last word is it.
        return String(line.split(separator: " ").last ?? "")
    }

    /// A token of the first user that the gateway signed and whose time is over.
    func expiredToken() async throws -> String {
        let accounts = try await Accounts.open(dataDirectory: data("gateway"))
        guard let ada = try await accounts.users().first(where: { $0.name == "ada" }) else { return "" }
        let token = try await accounts.issue(owner: ada.id, name: "old", days: -1).token
        await accounts.close()
        return token
    }

    /// Stops one service and holds it to its promise.
    func stop(_ part: String) async throws {
        try await services.withLock { $0.removeValue(forKey: part) }?.stop()
    }

    /// Kills one service.
    func kill(_ part: String) async throws {
        try await services.withLock { $0.removeValue(forKey: part) }?.kill()
    }

    private func stop() async throws {
        let last = ["gateway", "dispatcher", "registry"]
        let rest = services.withLock { $0.keys.filter { !last.contains($0) } }
        var failure: (any Error)?
        for part in rest + last {
            do { try await stop(part) } catch { failure = failure ?? error }
        }
        await api.shutdown()
        if let failure { throw failure }
    }

    private var endpoint: String { service("registry")?.ready["endpoint"].string ?? "" }

    private func data(_ part: String) -> String { directory.file(part) }

    private func startService(
        _ part: String, _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws {
        let service = try await Service.start(program, arguments, environment: environment)
        services.withLock { $0[part] = service }
    }
}
