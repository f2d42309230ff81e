import ArgumentParser
import Executor
import Launch
import Logging
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `wegent up`: runs all services and this machine's executor in one process.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start a mesh on this machine: all services and a device, in one process.",
        discussion: """
            Examples:
              wegent up
              wegent up --allow-shell --first-task
              wegent up --allow-dir ~/src --permission-mode accept-edits
              wegent up --port 0 --json

            Creates a first user, registers this machine as a device, and makes it the default device if there is \
            none. Saves address and token, so that `wegent run` works in another terminal without a login.

            Ctrl-C stops everything; a second Ctrl-C exits at once.
            """)

    @Option(help: ArgumentHelp("The data directory (or WEGENT_DATA). Default: ~/.local/share/wegent", valueName: "dir"))
    var data: String?

    @Option(help: "The address to listen on (or WEGENT_HOST). Default: 127.0.0.1")
    var host: String?

    @Option(help: "The port to listen on; 0 = a free one (or WEGENT_PORT). Default: 8787")
    var port: Int?

    @Flag(help: "Do not register this machine as a device.")
    var noExecutor = false

    @Flag(help: "When ready, print url, user, password and token as one line of JSON, and nothing else.")
    var json = false

    @Flag(help: "Run and show a first task: with an agent that is signed in, else a shell command.")
    var firstTask = false

    @OptionGroup(title: "This machine as a device") var device: ExecutorOptions

    @OptionGroup(title: "Tasks") var tasks: TaskOptions

    @Option(help: ArgumentHelp("The lowest level to log (or WEGENT_LOG_LEVEL). Default: warning", valueName: "level"))
    var logLevel: LogLevel?

    @Option(
        help: ArgumentHelp(
            "The format of the log on standard error (or WEGENT_LOG_FORMAT). Default: console", valueName: "format"))
    var logFormat: LogFormat?

    func validate() throws {
        if let port, !(0...65535).contains(port) { throw ValidationError("--port must be 0 to 65535.") }
        if json, firstTask { throw ValidationError("--json and --first-task cannot be combined.") }
    }

    func run() async throws {
        let setting = Setting.process
        Launch.prepare(
            LogOptions(
                level: try setting.value(logLevel, "WEGENT_LOG_LEVEL")?.level ?? .warning,
                json: try setting.value(logFormat, "WEGENT_LOG_FORMAT") == .json))
        let logger = Logger(label: "up")
        let settings = try settings(setting)
        ExecutorServer.adoptOrphans()
        let reaper = ChildReaper()
        let drain = Duration.seconds(settings.executor?.times.drain ?? 0)
        try await Launch.run(
            [UpService(settings, reaper: reaper, logger: logger)], within: Launch.stopBound + drain, logger: logger
        ) { reaper.killChildren() }
    }

    /// Returns the settings: flags first, then environment variables, then defaults.
    func settings(_ setting: Setting) throws -> UpSettings {
        let data = try Self.absolute(
            setting.value(data, "WEGENT_DATA") ?? Folders(environment: setting.environment).data)
        return UpSettings(
            data: data, host: try Self.host(setting.value(host, "WEGENT_HOST") ?? "127.0.0.1"),
            port: try setting.value(port, "WEGENT_PORT") ?? 8787, json: json, firstTask: firstTask,
            approvalS: try tasks.approval(setting), retentionDays: try tasks.retention(setting),
            // On a terminal, Ctrl-C should end the program without a drain.
            executor: noExecutor ? nil : try device.configuration(home: "\(data)/executor", drain: 0, setting),
            environment: setting.environment)
    }

    /// Returns the host without brackets.
    private static func host(_ text: String) throws -> String {
        do { return try HostName(text).name } catch let fault as Fault {
            throw ValidationError("--host: \(fault.message)")
        }
    }

    /// Returns the absolute path.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
