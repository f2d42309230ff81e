import ArgumentParser
import Messages

/// `wegent retry`: runs an ended task again and follows it to its end.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Run an ended task again, as a new task, and watch it live.",
        discussion: """
            Examples:
              wegent retry 019a2b3c-4d5e
              wegent retry --json 019a2b3c-4d5e | jq -r .kind

            The new task has the same prompt, agent, directory, conversation and choices, on the same device.
            Ctrl-C, approvals and the exit code work as with `wegent run`.
            """)

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: TaskReference.help)
    var task: TaskReference

    func run() async throws {
        let gateway = try connection.gateway()
        let interrupts = Interrupts()
        let new = try await gateway.retry(
            try await task.id(gateway), key: Identifier<RetryCommand>.generate().description)
        if !json { Output.notice("task \(new.id)") }
        try await ForegroundTask.show(new, gateway, json: json, interrupts: interrupts)
    }
}
