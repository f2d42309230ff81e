import ArgumentParser
import Messages

/// `wegent logs`: what a task has said.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what a task has said, and with -f what it says.",
        discussion: """
            Examples:
              wegent logs 019a2b3c
              wegent logs -f 019a2b3c       until the task ends; Ctrl-C only stops looking
              wegent logs --json 019a2b3c   one event a line

            TASK is an id or the beginning of one of your newest 200.
            """)

    @Flag(name: .shortAndLong, help: "Go on until the task ends.")
    var follow = false

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Which.")
    var task: TaskReference

    func run() async throws {
        let backend = try connection.backend()
        let id = try await task.id(backend)
        if follow {
            let view = try await backend.task(id)
            let live = LiveTask(backend: backend, task: view, display: json ? nil : Display(Terminal.current))
            tell(try await live.watch(interrupts: nil), id)
        } else if let end = try await pages(backend, id) {
            tell(end, id)
        }
    }

    /// What is there now.
    /// - Returns: how the task ended; nil when it has not.
    private func pages(_ backend: Backend, _ id: TaskID) async throws -> LiveTask.End? {
        let terminal = Terminal.current
        var transcript = Transcript(paint: terminal.paint, isTerminal: terminal.isLive)
        defer { if !json { Output.write(transcript.end()) } }
        var after: UInt64 = 0
        while true {
            let page = try await backend.events(of: id, after: after, limit: 500)
            for event in page.items {
                if json { try Output.json(event) } else { Output.write(transcript.show(event)) }
                if event.isLast { return LiveTask.End(state: event.state ?? .failed, error: event.error) }
            }
            guard let next = page.next, let last = page.items.last, next > after else { return nil }
            after = last.seq
        }
    }

    private func tell(_ end: LiveTask.End, _ id: TaskID) {
        if json { return }
        let reason = end.reason.map { ": \($0)" } ?? ""
        Output.notice("task \(id) \(end.state == .cancelled ? "was cancelled" : end.state.rawValue)\(reason)")
    }
}
