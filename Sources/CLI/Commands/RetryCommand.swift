import ArgumentParser
import Messages

/// `wegent retry`: does an ended task again and shows it up to its end.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Run an ended task again and watch it live.",
        discussion: """
            Examples:
              wegent retry 019a2b3c-4d5e
              wegent retry --json 019a2b3c-4d5e | jq -r .kind

            A new task with the same prompt, agent, directory, conversation and choices, on the same device.
            Exit code: as of `wegent run`.
            """)

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Which: an id, or the beginning of one of your newest 200.")
    var task: TaskReference

    func run() async throws {
        let backend = try connection.backend()
        let interrupts = Interrupts()
        let new = try await backend.retry(
            try await task.id(backend), key: Identifier<RetryCommand>.generate().description)
        if !json { Output.notice("task \(new.id)") }
        try await WatchedTask.show(new, backend, json: json, interrupts: interrupts)
    }
}
