import ArgumentParser
import Messages

/// The choices of a task as options. What is not said is left to the user's defaults (`wegent defaults`).
struct ChoiceOptions: ParsableArguments {
    @Option(help: "Its place among tasks that wait for the same device.")
    var priority: Priority?

    @Option(help: ArgumentHelp("How long it may wait in a queue, such as 90s, 10m, 2h, 1d.", valueName: "time"))
    var queueTtl: Span?

    @Option(help: "What becomes of it when the device is offline now.")
    var ifOffline: IfOffline?

    @Option(help: "… when the device goes away meanwhile; requeue runs the prompt again.")
    var onDisconnect: OnDisconnect?

    @Option(help: ArgumentHelp("How long the device may be away before that; 0 = not at all.", valueName: "time"))
    var grace: Span?

    @Option(help: ArgumentHelp("How long the agent may run; 0 = as long as it takes.", valueName: "time"))
    var timeout: Span?

    @Option(help: ArgumentHelp("How long the agent may say nothing; 0 = as long as it likes.", valueName: "time"))
    var idleTimeout: Span?

    @Option(help: "What the agent may do unasked.")
    var permissionMode: PermissionMode?

    func validate() throws {
        do { try choices.check() } catch let fault as Fault {
            throw ValidationError(Self.flagged(fault.message))
        }
    }

    /// As they travel.
    var choices: Choices {
        Choices(
            priority: priority, queueTTLS: queueTtl?.seconds, ifOffline: ifOffline, onDisconnect: onDisconnect,
            graceS: grace?.seconds, timeoutS: timeout?.seconds, idleTimeoutS: idleTimeout?.seconds,
            permissionMode: permissionMode)
    }

    /// A sentence about fields as one about options.
    private static func flagged(_ sentence: String) -> String {
        Choices.names.reduce(sentence) { $0.replacing("'\($1)'", with: "--\(ChoiceName.short($1))") }
    }
}
