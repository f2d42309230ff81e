import ArgumentParser
import Messages

/// `wegent cancel`: asks for the end of a task.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a task.",
        discussion: """
            Example:
              wegent cancel 019a2b3c

            A queued task is cancelled at once; the agent of a running one is asked to end and is ended after 5 s.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Which: an id, or the beginning of one of your newest 200.")
    var task: TaskReference

    func run() async throws {
        let backend = try connection.backend()
        let view = try await backend.cancel(try await task.id(backend))
        Output.notice(
            view.state.isTerminal ? "task \(view.id) is \(view.state)" : "task \(view.id) is being cancelled")
    }
}
