import ArgumentParser
import Messages

/// `wegent logs`: prints a task's output.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print a task's output; with -f, follow it until the task ends.",
        discussion: """
            Examples:
              wegent logs 019a2b3c
              wegent logs -f 019a2b3c
              wegent logs --json 019a2b3c | jq -r .kind

            Ctrl-C ends `wegent logs -f`, not the task.
            """)

    @Flag(name: .shortAndLong, help: "Follow the output until the task ends.")
    var follow = false

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: TaskReference.help)
    var task: TaskReference

    func run() async throws {
        let gateway = try connection.gateway()
        let id = try await task.id(gateway)
        if follow {
            let view = try await gateway.task(id)
            let watch = TaskWatch(gateway: gateway, task: view, display: json ? nil : TaskDisplay(Terminal.current))
            report(try await watch.run(interrupts: nil), id)
        } else if let end = try await printPages(gateway, id) {
            report(end, id)
        }
    }

    /// Prints all events recorded so far, page by page.
    /// - Returns: How the task ended; nil when it has not.
    private func printPages(_ gateway: GatewayClient, _ id: TaskID) async throws -> TaskEnd? {
        let terminal = Terminal.current
        var transcript = Transcript(style: terminal.style, isTerminal: terminal.isLive)
        defer { if !json { Output.write(transcript.end()) } }
        var after: UInt64 = 0
        while true {
            let page = try await gateway.events(of: id, after: after, limit: 500)
            for event in page.items {
                if json { try Output.json(event) } else { Output.write(transcript.part(event)) }
                if let end = event.taskEnd { return end }
            }
            guard let next = page.next, let last = page.items.last, next > after else { return nil }
            after = last.seq
        }
    }

    private func report(_ end: TaskEnd, _ id: TaskID) {
        if json { return }
        let reason = end.reason.map { ": \($0)" } ?? ""
        Output.notice("task \(id) \(end.state == .cancelled ? "was cancelled" : end.state.rawValue)\(reason)")
    }
}
