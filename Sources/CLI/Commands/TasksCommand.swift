import ArgumentParser
import Messages

/// `wegent tasks`: lists the newest tasks.
struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "List your newest tasks.",
        discussion: """
            Examples:
              wegent tasks
              wegent tasks --limit 100 --json
            """)

    @Option(help: ArgumentHelp("The number of tasks, 1 to 200.", valueName: "n"))
    var limit = 20

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
    }

    func run() async throws {
        let page = try await connection.gateway().tasks(limit: limit)
        if json { return try Output.jsonWithoutNulls(items: page.items, total: page.total) }
        guard !page.items.isEmpty else { return Output.notice("no tasks yet; send one with `wegent run PROMPT`") }
        let terminal = Terminal.current
        Output.write(Self.table(page.items, now: .now()).text(width: terminal.width, style: terminal.style))
    }

    /// The table of `tasks`.
    static func table(_ tasks: [TaskBody], now: Timestamp) -> Table {
        Table(
            header: ["TASK", "STATE", "AGE", "DEVICE", "AGENT", "PROMPT"],
            rows: tasks.map(\.view).map { task in
                let device = TerminalEscaping.line(task.deviceName ?? task.device ?? task.target.description)
                return [
                    task.id.description, state(task, now: now), Elapsed.ago(now.seconds(since: task.createdAt)),
                    TextWidth.fit(device, 24), task.agent, task.prompt,
                ]
            })
    }

    /// The state with its reason: queue position and priority, error code, lost connection, or what it waits for.
    private static func state(_ task: TaskView, now: Timestamp) -> String {
        if task.waitingFor == .limit {
            let reset = task.waiting?.until.map { ", resets \(Elapsed.until($0.seconds(since: now)))" } ?? ""
            return "waiting for usage limit\(reset)"
        }
        if let place = task.queuePosition {
            let priority = task.choices?.priority.flatMap { $0 == .normal ? nil : ", \($0)" } ?? ""
            return "queued (\(place)\(priority))"
        }
        if let error = task.error { return "failed (\(error.code))" }
        if task.stalled != nil { return "running (stalled)" }
        switch task.waitingFor {
        case .approval: return "waiting for approval"
        case .background: return "waiting for background work"
        default: return task.state.rawValue
        }
    }
}
