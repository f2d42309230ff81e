import ArgumentParser
import Executor
import Launch
import Messages

/// The executor's options, passed through by `wegent up`.
struct DeviceOptions: ParsableArguments {
    @Option(help: "How many tasks run at once.")
    var slots = 5

    @Option(help: "The device's name. Default: system and host name")
    var name: String?

    @Flag(help: "Let tasks run shell commands on this machine.")
    var allowShell = false

    @Option(help: ArgumentHelp("Let tasks work in this directory and below; repeatable.", valueName: "dir"))
    var allowDir: [String] = []

    @Option(help: "What Claude Code may do unasked: ask, accept-edits, plan or bypass.")
    var permissionMode = PermissionMode.ask

    @Flag(help: "Allow --permission-mode bypass.")
    var allowBypass = false

    @Option(help: "The claude program (or WEGENT_CLAUDE). Default: the one in PATH")
    var claude: String?

    @Option(
        name: .customLong("drain-s"),
        help: "Seconds that running tasks may go on after Ctrl-C (or WEGENT_DRAIN_S). Default: 0, they are ended")
    var drainS: Double?

    /// The executor's configuration, still without address and token.
    func configuration(home: String, _ setting: Setting) throws -> ExecutorConfiguration {
        var times = ExecutorTimes()
        // Who presses Ctrl-C at a terminal wants it back.
        times.drain = try setting.value(drainS, "WEGENT_DRAIN_S") ?? 0
        return ExecutorConfiguration(
            token: "", home: home, slots: slots, name: name, allowShell: allowShell,
            allowDirs: allowDir.map(UpCommand.absolute), permissionMode: permissionMode, allowBypass: allowBypass,
            claude: try setting.value(claude, "WEGENT_CLAUDE"), environment: setting.environment,
            times: times)
    }
}
