import ArgumentParser
import Messages

/// A task's choices as options. A choice that is not given is taken from the user's defaults (`wegent defaults`).
struct ChoiceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The task's priority in its queue.", valueName: "level"))
    var priority: Priority?

    @Option(
        help: ArgumentHelp("Fail the task after this time in a queue, such as 90s, 10m, 2h, 1d.", valueName: "time"))
    var queueTtl: TimeSpan?

    @Option(help: ArgumentHelp("If the device is offline now: fail, or wait for it.", valueName: "action"))
    var ifOffline: IfOffline?

    @Option(
        help: ArgumentHelp(
            "If the device disconnects while the task runs: fail, wait, or requeue (run the prompt again).",
            valueName: "action"))
    var onDisconnect: OnDisconnect?

    @Option(help: ArgumentHelp("Apply --on-disconnect after the device was away this long.", valueName: "time"))
    var grace: TimeSpan?

    @Option(help: ArgumentHelp("Fail the task after the agent ran this long; 0 = no limit.", valueName: "time"))
    var timeout: TimeSpan?

    @Option(help: ArgumentHelp("Fail the task after this time without output; 0 = no limit.", valueName: "time"))
    var idleTimeout: TimeSpan?

    @Option(help: ArgumentHelp("What the agent may do without asking you.", valueName: "mode"))
    var permissionMode: PermissionMode?

    @Option(
        help: ArgumentHelp(
            "When the agent leaves work in the background: wait for it, or stop it and end the task.",
            valueName: "action"))
    var background: Background?

    @Option(
        help: ArgumentHelp(
            "When the agent reports a usage limit: fail, or wait until its reset and go on.", valueName: "action"))
    var onLimit: OnLimit?

    func validate() throws {
        do { try choices.check() } catch let fault as Fault {
            throw ValidationError(Self.withOptionNames(fault.message))
        }
    }

    var choices: Choices {
        Choices(
            priority: priority, queueTTLS: queueTtl?.seconds, ifOffline: ifOffline, onDisconnect: onDisconnect,
            graceS: grace?.seconds, timeoutS: timeout?.seconds, idleTimeoutS: idleTimeout?.seconds,
            permissionMode: permissionMode, background: background, onLimit: onLimit)
    }

    /// Replaces quoted field names in an error text with the names of the options.
    private static func withOptionNames(_ text: String) -> String {
        Choices.names.reduce(text) { $0.replacing("'\($1)'", with: "--\(ChoiceName.option($1))") }
    }
}
