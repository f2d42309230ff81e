import ArgumentParser
import Executor
import Launch
import Messages

/// The executor's options, which `wegent up` passes on.
struct DeviceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The number of tasks that run at the same time.", valueName: "n"))
    var slots = 5

    @Option(help: "The device's name. Default: operating system and host name")
    var name: String?

    @Flag(help: "Allow tasks to run shell commands on this machine.")
    var allowShell = false

    @Option(help: ArgumentHelp("Allow tasks to work in this directory and below; repeatable.", valueName: "dir"))
    var allowDir: [String] = []

    @Option(help: ArgumentHelp("What Claude Code may do without asking you.", valueName: "mode"))
    var permissionMode = PermissionMode.ask

    @Flag(help: "Allow the permission mode bypass.")
    var allowBypass = false

    @Option(help: ArgumentHelp("Path of the claude program (or WEGENT_CLAUDE). Default: from PATH", valueName: "path"))
    var claude: String?

    @Option(
        name: .customLong("drain-s"),
        help: ArgumentHelp(
            "Seconds that running tasks may go on after Ctrl-C (or WEGENT_DRAIN_S). Default: 0", valueName: "seconds"))
    var drainS: Double?

    /// Returns the executor's configuration, still without address and token.
    func configuration(home: String, _ setting: Setting) throws -> ExecutorConfiguration {
        var times = ExecutorTimes()
        // On a terminal, Ctrl-C should end the program without a drain.
        times.drain = try setting.value(drainS, "WEGENT_DRAIN_S") ?? 0
        return ExecutorConfiguration(
            token: "", home: home, slots: slots, name: name, allowShell: allowShell,
            allowDirs: allowDir.map(UpCommand.absolute), permissionMode: permissionMode, allowBypass: allowBypass,
            claude: try setting.value(claude, "WEGENT_CLAUDE"), environment: setting.environment,
            times: times)
    }
}
