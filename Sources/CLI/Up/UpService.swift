import Gateway
import Launch
import Logging
import Messages
import ServiceLifecycle
import Storage

/// The life of `wegent up`: start, tell, stay, stop.
struct UpService: Service {
    /// How long the own device may take to be in the list.
    private static let registration: Duration = .seconds(20)

    private let settings: UpSettings
    private let logger: Logger
    private let rites: LastRites

    init(_ settings: UpSettings, rites: LastRites, logger: Logger) {
        self.settings = settings
        self.rites = rites
        self.logger = logger
    }

    func run() async throws {
        let lock = try DataLock(directory: settings.data, name: "wegent-up")
        defer { lock.release() }
        try settings.executor.map { configuration in
            var configuration = configuration
            configuration.token = "checked later"
            try configuration.validate()
        }
        if settings.port != 0 { try PortProbe.check(host: settings.host, port: settings.port) }
        let mesh = LocalMesh(settings, rites: rites, logger: logger)
        do {
            let ready = try await start(mesh)
            try await tell(ready)
            try? await gracefulShutdown()
        } catch {
            await mesh.stop()
            throw error
        }
        await mesh.stop()
    }

    /// Everything that has to be true before anybody is told.
    private func start(_ mesh: LocalMesh) async throws -> UpReport {
        let (port, accounts) = try await mesh.start()
        let url = UpReport.url(host: settings.host, port: port)
        let first = try await FirstUser.load(accounts, path: "\(settings.data)/first-user.json")
        let token = try await accounts.issueToken(user: first.user, name: "wegent up")
        let backend = Backend(Connection(url: url, token: token))
        var device: DeviceItem?
        if var configuration = settings.executor {
            configuration.backendURL = url
            let credential = DeviceCredential {
                try await accounts.issueToken(user: first.user, name: "wegent up: this device")
            }
            configuration.token = try await credential.current()
            configuration.renewToken = { try? await credential.current() }
            device = try await star(backend, try await mesh.startExecutor(configuration))
        }
        return UpReport(url: url, user: first.user, password: first.password, token: token, device: device)
    }

    /// Waits until this machine is in the list and connected; makes it the default if there is none.
    private func star(_ backend: Backend, _ id: String?) async throws -> DeviceItem {
        let end = ContinuousClock.now + Self.registration
        while ContinuousClock.now < end {
            let devices = try await backend.devices()
            if let device = devices.first(where: { $0.id == id && $0.isConnected }) {
                if device.isDefault || devices.contains(where: \.isDefault) { return device }
                try await backend.star(device.id)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(
            "this machine did not register as a device within 20 s; look for warnings above, or use --no-executor")
    }

    private func tell(_ report: UpReport) async throws {
        if settings.json { return try Output.json(report) }
        let folders = Folders(environment: settings.environment)
        let saved = try? PrivateFile.read(SavedConnection.self, from: folders.configuration)
        let ours = saved.map { $0.madeBy == .up } ?? true
        if ours {
            try PrivateFile.write(
                SavedConnection(url: report.url, token: report.token, user: report.user, madeBy: .up),
                to: folders.configuration)
        }
        if settings.firstTask { await FirstTask(report: report, environment: settings.environment).show() }
        let program = CommandLine.arguments.first ?? "wegent"
        Output.write(
            report.summary(
                paint: Terminal.current.paint, program: program.contains("/") ? program : "wegent", isSaved: ours,
                data: settings.data))
    }
}
