import Foundation
import ScriptedModel
import Synchronization
import TestClient
import TestSupport

/// The four services as processes on free ports, with one user logged in.
public final class Cluster: Sendable {
    /// The options of a cluster.
    public struct Options: Sendable {
        /// Grace in seconds, after which a lost device's tasks fail; nil = the default.
        public var grace: Int?
        /// Further flags of the first executor; nil = no executor.
        public var executor: [String]? = ["--allow-shell"]
        /// The model behind Claude Code.
        public var model: ScriptedModel?
        /// Whether there is a second user; each user costs two password hashes.
        public var bob = false
        /// The `claude` that the executor runs; nil = the real one.
        public var claude: String?
        /// Further flags of each part (`registry`, `dispatcher`, `gateway`, `executor`), such as timeouts.
        public var flags: [String: [String]] = [:]
        /// Whether executors connect through ``Cluster/proxy``, where their connections can be cut.
        public var proxied = false
        /// Further variables of the executors; empty = without the variable.
        public var environment: [String: String] = [:]
        /// The size of a separate disk for the dispatcher's data, such as `8m`; nil = this machine's disk. Requires
        /// ``SmallDisk/isPossible``.
        public var disk: String?
        /// Whether the services talk over `tcp` with keys, as on several machines, instead of over socket files.
        public var keys = false
        /// The folder for the logs of a cluster with a failed test, one file per part; nil = print the end of each log.
        public var logs: String?
        public init() {}
    }

    public let directory: TemporaryDirectory
    public let options: Options
    private let services = Mutex<[String: RunningService]>([:])
    private let endedLogs = Mutex<[String: String]>([:])
    private let launches = Mutex<[String: ServiceLaunch]>([:])
    private let executorProxy = Mutex<Proxy?>(nil)
    private let session = Mutex<API?>(nil)
    private let otherSession = Mutex<API?>(nil)
    private let firstPassword = Mutex("")

    /// The password of the first user, `ada`.
    public var password: String { firstPassword.withLock { $0 } }

    private init(_ options: Options) throws {
        self.options = options
        directory = try TemporaryDirectory()
    }

    /// Runs `body` with a cluster and always stops every process. A process that does not stop cleanly fails the test; a
    /// test that fails prints the logs.
    public static func with(_ options: Options = Options(), _ body: (Cluster) async throws -> Void) async throws {
        let cluster = try Cluster(options)
        do {
            try await cluster.start()
            try await body(cluster)
        } catch {
            cluster.writeLogs(of: error)
            try? await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }

    /// The client of the first user, `ada`.
    public var api: API { session.withLock { $0 } ?? API("http://127.0.0.1:9") }

    /// The proxy between executors and gateway, with ``Options/proxied``.
    public var proxy: Proxy? { executorProxy.withLock { $0 } }

    /// The client of the second user, `bob`, without devices or tasks.
    public var bob: API { otherSession.withLock { $0 } ?? api }

    /// Returns a running service by its part's name (`registry`, `dispatcher`, `gateway`, `executor`).
    public func service(_ part: String) -> RunningService? { services.withLock { $0[part] } }

    private func start() async throws {
        if options.keys { try await makeKeys() }
        try await startService(
            "registry", Binaries.registry, ["--bind", socket("registry"), "--data", data("registry")])
        try await startDispatcher()
        let password = try await addUser("ada")
        firstPassword.withLock { $0 = password }
        let second = options.bob ? try await addUser("bob") : nil
        try await startGateway(port: 0)
        let url = service("gateway")?.ready["url"].string ?? ""
        if options.proxied {
            let proxy = try Proxy(to: url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0)
            executorProxy.withLock { $0 = proxy }
        }
        let api = try await API(url).login("ada", password)
        session.withLock { $0 = api }
        if let second {
            let other = try await api.with(token: nil).login("bob", second)
            otherSession.withLock { $0 = other }
        }
        if let flags = options.executor { try await startExecutor(flags) }
    }

    /// Starts the dispatcher; after ``stop(_:)`` or ``kill(_:)`` again on the same data.
    public func startDispatcher() async throws {
        let grace = options.grace.map { ["--grace-s", "\($0)"] } ?? []
        guard let size = options.disk else {
            return try await startService("dispatcher", Binaries.dispatcher, dispatcherFlags + grace)
        }
        let command = try SmallDisk.command(
            Binaries.dispatcher, dispatcherFlags + grace, path: data("dispatcher"), size: size)
        try await startService("dispatcher", command[0], Array(command[1...]))
    }

    /// Starts another dispatcher on the same data and waits until it reports that it is the standby.
    public func startStandby(_ part: String = "standby") async throws {
        let grace = options.grace.map { ["--grace-s", "\($0)"] } ?? []
        try await startService(
            part, Binaries.dispatcher, dispatcherFlags + grace + (options.flags["dispatcher"] ?? []),
            ready: "\"standby\"")
    }

    private var dispatcherFlags: [String] {
        ["--registry", endpoint, "--bind", socket("dispatcher"), "--data", data("dispatcher")]
    }

    /// Kills the gateway and starts it again at the same address.
    public func restartGateway() async throws {
        try await kill("gateway")
        try await restart("gateway")
    }

    private func startGateway(port: Int) async throws {
        try await startService(
            "gateway", Binaries.gateway,
            ["--registry", endpoint, "--http", "127.0.0.1:\(port)", "--data", data("gateway")])
    }

    /// Restarts a service that was stopped or killed, with the same flags and at the same address.
    public func restart(_ part: String) async throws {
        guard var launch = launches.withLock({ $0[part] }) else {
            throw Malformed(description: "\(part) was never started")
        }
        if part == "registry" { launch.replace("--bind", launch.readyLine["endpoint"].string) }
        // Either of two dispatchers may lead now.
        if launch.program == Binaries.dispatcher { launch.ready = "{" }
        if part == "gateway" {
            launch.replace("--http", launch.readyLine["url"].string?.replacing("http://", with: ""))
        }
        try await startService(part, launch)
    }

    /// Starts an executor and waits until its device is online.
    /// - Parameters:
    ///   - part: The name of part and device; the same name has the same home.
    ///   - device: The device id to request instead of the name; then there is no wait for the device.
    @discardableResult
    public func startExecutor(
        _ flags: [String] = ["--allow-shell"], part: String = "executor", as device: String? = nil, api: API? = nil
    ) async throws -> JSON {
        let api = api ?? self.api
        let token = try await api.createToken(part)
        try await startService(
            part, Binaries.executor,
            ["--mode", "local", "--home", data(part), "--name", part, "--device-id", device ?? part]
                + (flags.contains("--drain-s") ? flags : flags + ["--drain-s", "0"]),
            environment: environment(token: token))
        if device != nil { return .missing }
        return try await eventually("the device \(part) is online") {
            try await api.device(part).flatMap { $0["status"].string == "online" ? $0 : nil }
        }
    }

    /// Returns the environment of an executor or a command line of this cluster.
    public func environment(token: String) -> [String: String] {
        var environment = options.model?.environment(home: directory.file("home")) ?? ["HOME": directory.file("home")]
        try? FileManager.default.createDirectory(
            atPath: directory.file("home"), withIntermediateDirectories: true)
        environment["WEGENT_BACKEND_URL"] = proxy?.url ?? api.url
        environment["WEGENT_TOKEN"] = token
        environment["WEGENT_CLAUDE"] = options.claude ?? Binaries.claude ?? "/nonexistent/claude"
        // Without this, Claude Code refuses to bypass permissions as root.
        environment["IS_SANDBOX"] = "1"
        for (name, value) in options.environment { environment[name] = value.isEmpty ? nil : value }
        return environment
    }

    /// Creates a user with `wegent-gateway user add` and returns the password.
    public func addUser(_ name: String) async throws -> String {
        let command = try ChildProcess(Binaries.gateway, ["user", "add", name, "--data", data("gateway")])
        guard try await command.exit() == .exited(0), let line = command.stdout.lines.last else {
            throw Malformed(description: "user add \(name): \(command.stderr.text)")
        }
        // The password is the last part of the line.
        return String(line.split(separator: " ").last ?? "")
    }

    /// Stops one service and checks that it stops cleanly in time.
    public func stop(_ part: String) async throws {
        let service = services.withLock { $0.removeValue(forKey: part) }
        defer { keepLog(of: service, part) }
        try await service?.stop()
    }

    /// Kills one service.
    public func kill(_ part: String) async throws {
        let service = services.withLock { $0.removeValue(forKey: part) }
        defer { keepLog(of: service, part) }
        try await service?.kill()
    }

    /// Keeps the log of a service that has ended.
    private func keepLog(of service: RunningService?, _ part: String) {
        guard options.logs != nil, let service else { return }
        endedLogs.withLock {
            $0[part, default: ""] += "--- process \(service.process.pid)\n\(service.process.stderr.text)"
        }
    }

    private func writeLogs(of error: any Error) {
        let services = services.withLock { $0 }
        guard let directory = options.logs else {
            let logs = services.values.map(\.logTail).joined(separator: "\n")
            return print("A cluster's test failed: \(error)\n\(logs)")
        }
        for (part, service) in services { keepLog(of: service, part) }
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (part, text) in endedLogs.withLock({ $0 }) {
            try? Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(part).log"))
        }
    }

    private func stop() async throws {
        let last = ["gateway", "dispatcher", "registry"]
        let rest = services.withLock { $0.keys.filter { !last.contains($0) } }
        var failure: (any Error)?
        for part in rest + last {
            do { try await stop(part) } catch { failure = failure ?? error }
        }
        await api.shutdown()
        proxy?.stop()
        if let failure { throw failure }
    }

    /// Returns the endpoint of a service: between processes of one machine the mesh uses socket files.
    private func socket(_ part: String) -> String {
        options.keys ? "tcp://127.0.0.1:0" : "ipc://\(directory.file("mesh/\(part)"))"
    }

    /// Makes the keys of the services and their common allow-list, in the folder `keys`.
    private func makeKeys() async throws {
        var allow = ""
        for role in ["registry", "dispatcher", "gateway"] {
            let keygen = try ChildProcess(
                Binaries.registry, ["keygen", directory.file("keys"), "--name", role, "--role", role])
            guard try await keygen.exit() == .exited(0) else {
                throw Malformed(description: "keygen \(role): \(keygen.stderr.text)")
            }
            allow += try String(contentsOfFile: directory.file("keys/\(role).pub"), encoding: .utf8)
        }
        try directory.write(allow, to: "keys/allow")
    }

    private func keyFlags(_ program: String) -> [String] {
        guard options.keys, program != Binaries.executor else { return [] }
        let role = program.split(separator: "-").last.map(String.init) ?? ""
        return ["--mesh-key", directory.file("keys/\(role).key"), "--mesh-allow", directory.file("keys/allow")]
    }

    private var endpoint: String { service("registry")?.ready["endpoint"].string ?? "" }

    /// Returns the data folder of a part.
    public func data(_ part: String) -> String { directory.file(part) }

    private func startService(
        _ part: String, _ program: String, _ arguments: [String], environment: [String: String] = [:],
        ready: String = "{"
    ) async throws {
        let kind = program == Binaries.executor ? "executor" : part
        let launch = ServiceLaunch(
            program: program, arguments: arguments + keyFlags(program) + (options.flags[kind] ?? []),
            environment: environment, ready: ready)
        try await startService(part, launch)
    }

    private func startService(_ part: String, _ launch: ServiceLaunch) async throws {
        let service = try await RunningService.start(
            launch.program, launch.arguments, environment: launch.environment, ready: launch.ready)
        services.withLock { $0[part] = service }
        var launch = launch
        launch.readyLine = service.ready
        launches.withLock { $0[part] = launch }
    }
}

/// The command line of a service.
private struct ServiceLaunch: Sendable {
    var program: String
    var arguments: [String]
    var environment: [String: String]
    /// Text in its ready line on standard output.
    var ready: String
    /// The ready line.
    var readyLine = JSON.missing

    /// Replaces the value of a flag, if it is set.
    mutating func replace(_ flag: String, _ value: String?) {
        guard let value, let index = arguments.firstIndex(of: flag) else { return }
        arguments[index + 1] = value
    }
}
