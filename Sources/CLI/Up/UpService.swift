import Gateway
import Launch
import Logging
import Messages
import ServiceLifecycle
import Storage

/// `wegent up`: starts the mesh, prints the report, and stops the mesh on a signal.
struct UpService: Service {
    /// Longest time until this machine is registered as a device.
    private static let registrationTimeout: Duration = .seconds(20)

    private let settings: UpSettings
    private let logger: Logger
    private let reaper: ChildReaper

    init(_ settings: UpSettings, reaper: ChildReaper, logger: Logger) {
        self.settings = settings
        self.reaper = reaper
        self.logger = logger
    }

    func run() async throws {
        let lock = try DataLock(directory: settings.data, name: "wegent-up")
        defer { lock.release() }
        try settings.executor.map { configuration in
            var configuration = configuration
            configuration.token = "not-known-yet"
            try configuration.validate()
        }
        if settings.port != 0 { try PortProbe.check(host: settings.host, port: settings.port) }
        let mesh = LocalMesh(settings, reaper: reaper, logger: logger)
        do {
            let ready = try await start(mesh)
            try await report(ready)
            try? await gracefulShutdown()
        } catch {
            await mesh.stop()
            throw error
        }
        await mesh.stop()
    }

    /// Starts everything that the report describes.
    private func start(_ mesh: LocalMesh) async throws -> UpReport {
        let (port, accounts) = try await mesh.start()
        let url = UpReport.url(host: settings.host, port: port)
        let first = try await FirstUser.load(accounts, path: "\(settings.data)/first-user.json")
        let token = try await accounts.issueToken(user: first.user, name: "wegent up")
        let gateway = GatewayClient(Connection(url: url, token: token))
        var device: DeviceBody?
        if var configuration = settings.executor {
            configuration.backendURL = url
            let credential = DeviceCredential {
                try await accounts.issueToken(user: first.user, name: "wegent up: this device")
            }
            configuration.token = try await credential.current()
            configuration.renewToken = { try? await credential.current() }
            device = try await star(gateway, try await mesh.startExecutor(configuration))
        }
        return UpReport(url: url, user: first.user, password: first.password, token: token, device: device)
    }

    /// Waits until this machine is registered and connected. Makes it the default device if there is none.
    private func star(_ gateway: GatewayClient, _ id: String?) async throws -> DeviceBody {
        let end = ContinuousClock.now + Self.registrationTimeout
        while ContinuousClock.now < end {
            let devices = try await gateway.devices()
            if let device = devices.first(where: { $0.id == id && $0.isConnected }) {
                if device.isDefault || devices.contains(where: \.isDefault) { return device }
                try await gateway.star(device.id)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CommandError(
            "this machine did not register as a device within 20 s; see the warnings above, or start with --no-executor"
        )
    }

    private func report(_ report: UpReport) async throws {
        if settings.json { return try Output.json(report) }
        let folders = Folders(environment: settings.environment)
        let saved = try? PrivateFile.read(SavedConnection.self, from: folders.configuration)
        let maySave = saved.map { $0.writtenBy == .up } ?? true
        if maySave {
            try PrivateFile.write(
                SavedConnection(url: report.url, token: report.token, user: report.user, writtenBy: .up),
                to: folders.configuration)
        }
        if settings.firstTask { await FirstTask(report: report, environment: settings.environment).show() }
        let program = CommandLine.arguments.first ?? "wegent"
        Output.write(
            report.summary(
                style: Terminal.current.style, program: program.contains("/") ? program : "wegent", isSaved: maySave,
                data: settings.data))
    }
}
