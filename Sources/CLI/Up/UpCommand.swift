import ArgumentParser
import Executor
import Launch
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `wegent up`: all services and this machine's executor in one process.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start everything on this machine, in one process.",
        discussion: """
            Examples:
              wegent up                                 listens on http://127.0.0.1:8787
              wegent up --allow-shell --first-task      shows a first task at once
              wegent up --port 0 --json                 for programs: one line of JSON when ready
              wegent up --allow-dir ~/src --permission-mode accept-edits

            Makes a first user, registers this machine as a device, makes it the default one if there is none, and \
            saves address and token, so that `wegent run` in another terminal just works. Ctrl-C stops everything.
            """)

    @Option(help: "Where everything is kept (or WEGENT_DATA). Default: ~/.local/share/wegent")
    var data: String?

    @Option(help: "The address to listen on (or WEGENT_HOST). Default: 127.0.0.1")
    var host: String?

    @Option(help: "The port to listen on, 0 = a free one (or WEGENT_PORT). Default: 8787")
    var port: Int?

    @Flag(help: "Do not make this machine a device.")
    var noExecutor = false

    @Flag(help: "Print one line of JSON with url, user, password and token when ready, and nothing else.")
    var json = false

    @Flag(help: "Run a first task and show it: with Claude Code where it is signed in, else a shell command.")
    var firstTask = false

    @OptionGroup(title: "This machine as a device") var device: DeviceOptions

    @OptionGroup(title: "Tasks") var tasks: TaskOptions

    @Option(help: "The lowest level that is logged (or WEGENT_LOG_LEVEL). Default: warning")
    var logLevel: LogLevel?

    @Option(help: "The form of the log on standard error (or WEGENT_LOG_FORMAT). Default: console")
    var logFormat: LogFormat?

    func validate() throws {
        if let port, !(0...65535).contains(port) { throw ValidationError("--port must be 0 to 65535.") }
        if json, firstTask { throw ValidationError("--json and --first-task exclude each other.") }
    }

    func run() async throws {
        let setting = Setting.process
        Launch.prepare(
            LogOptions(
                level: try setting.value(logLevel, "WEGENT_LOG_LEVEL")?.level ?? .warning,
                json: try setting.value(logFormat, "WEGENT_LOG_FORMAT") == .json))
        let logger = Logger(label: "up")
        let settings = try settings(setting)
        let rites = LastRites()
        let drain = Duration.seconds(settings.executor?.times.drain ?? 0)
        try await Launch.run(
            [UpService(settings, rites: rites, logger: logger)], within: Launch.stopBound + drain, logger: logger
        ) { rites.perform() }
    }

    /// Flags over environment over defaults.
    func settings(_ setting: Setting) throws -> UpSettings {
        let data = try Self.absolute(
            setting.value(data, "WEGENT_DATA") ?? Folders(environment: setting.environment).data)
        return UpSettings(
            data: data, host: try setting.value(host, "WEGENT_HOST") ?? "127.0.0.1",
            port: try setting.value(port, "WEGENT_PORT") ?? 8787, json: json, firstTask: firstTask,
            approvalS: try tasks.approval(setting), retentionDays: try tasks.retention(setting),
            executor: noExecutor ? nil : try device.configuration(home: "\(data)/executor", setting),
            environment: setting.environment)
    }

    /// The path from the root.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
