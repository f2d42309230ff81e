import ArgumentParser
import Messages

/// `wegent cancel`: cancels a task.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a task.",
        discussion: """
            Example:
              wegent cancel 019a2b3c

            A queued task is cancelled at once. The agent of a running task is asked to stop, and is killed after 5 s.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: TaskReference.help)
    var task: TaskReference

    func run() async throws {
        let gateway = try connection.gateway()
        let view = try await gateway.cancel(try await task.id(gateway))
        Output.notice(
            view.state.isTerminal ? "task \(view.id) is \(view.state)" : "task \(view.id) is being cancelled")
    }
}
