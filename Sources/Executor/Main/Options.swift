import ArgumentParser
import Executor
import Launch
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The flags of `wegent-executor`, over `WEGENT_*` in the environment, over defaults.
struct Options: ParsableArguments {
    static let examples = """
        `wegent token create` makes a token. Other users of this machine can read a command line, so prefer the \
        environment:

          WEGENT_TOKEN=… WEGENT_BACKEND_URL=https://wegent.example.com wegent-executor --mode local

          wegent-executor --mode local --token JWT --slots 3 --allow-dir ~/src --permission-mode accept-edits

        Only the agents' output leaves this machine. Tasks run in a workspace per conversation under the home, or in a \
        directory that --allow-dir allows.
        """

    enum Mode: String, ExpressibleByArgument, CaseIterable { case local, cloud }

    @Option(help: "Where tasks come from: local = through a gateway, for the token's owner.")
    var mode: Mode = .local
    @Option(help: "The API token; better in WEGENT_TOKEN.")
    var token: String?
    @Option(
        name: .customLong("backend-url"), help: "The gateway; also WEGENT_BACKEND_URL. (default: http://127.0.0.1:8787)"
    )
    var backendURL: String?
    @Option(help: "Identity, spool and workspaces; also WEGENT_EXECUTOR_HOME. (default: ~/.wegent-executor)")
    var home: String?
    @Option(help: "How many tasks run at once.")
    var slots = 5
    @Option(help: "The machine's name, unless its owner has renamed the device. (default: \"Linux - HOSTNAME\")")
    var name: String?
    @Option(name: .customLong("device-id"), help: "The device's id instead of the one derived from the hardware.")
    var deviceID: String?
    @Flag(help: "Allow the shell agent: a task's prompt is run as a command line.")
    var allowShell = false
    @Option(name: .customLong("allow-dir"), help: "A directory in which tasks may run; may be given several times.")
    var allowDirs: [String] = []
    @Option(
        help: "What Claude Code may do without asking where a task chooses none: ask, accept-edits, plan or bypass.")
    var permissionMode: PermissionMode = .ask
    @Flag(help: "Allow the permission mode bypass, here and in a task.")
    var allowBypass = false
    @Option(help: "The claude program; also WEGENT_CLAUDE. (default: claude, from PATH)")
    var claude: String?
    @Option(
        name: .customLong("drain-s"),
        help: "Seconds that running tasks may go on at a stop; also WEGENT_DRAIN_S. 0 = stop them. (default: 30)")
    var drainS: Double?
    @Option(
        name: .customLong("silence-s"),
        help: "Seconds of silence after which the connection is dead; also WEGENT_SILENCE_S. (default: 15)"
    )
    var silenceS: Double?

    /// The configuration that follows from flags and environment.
    /// - Throws: ``Fault`` with code `invalid_request`.
    func executorConfiguration() throws -> ExecutorConfiguration {
        guard mode == .local else {
            throw Fault(
                .invalidRequest, "--mode cloud does not exist yet; --mode local runs tasks of the token's owner")
        }
        let setting = Setting.process
        var times = ExecutorTimes()
        times.drain = try setting.value(drainS, "WEGENT_DRAIN_S") ?? times.drain
        times.silence = try setting.value(silenceS, "WEGENT_SILENCE_S") ?? times.silence
        times.ping = times.silence / 3
        let user = setting.environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
        return ExecutorConfiguration(
            backendURL: try setting.value(backendURL, "WEGENT_BACKEND_URL") ?? "http://127.0.0.1:8787",
            token: try setting.value(token, "WEGENT_TOKEN") ?? "",
            home: Self.absolute(try setting.value(home, "WEGENT_EXECUTOR_HOME") ?? "~/.wegent-executor", user),
            slots: slots, name: name, deviceID: deviceID, allowShell: allowShell,
            allowDirs: allowDirs.map { Self.absolute($0, user) }, permissionMode: permissionMode,
            allowBypass: allowBypass, claude: try setting.value(claude, "WEGENT_CLAUDE"),
            environment: setting.environment, times: times)
    }

    private static func absolute(_ path: String, _ user: String) -> String {
        if path == "~" || path.hasPrefix("~/") { return user + path.dropFirst() }
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
