import ArgumentParser
import Messages

/// `wegent approvals`: lists permission requests.
struct ApprovalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals",
        abstract: "List what agents ask you to allow.",
        discussion: """
            Examples:
              wegent approvals
              wegent approvals --watch
              wegent approvals --all --json | jq -r '.items[].resolved_by'

            Answer with `wegent approve APPROVAL` or `wegent deny APPROVAL`.
            With --watch and --json, each change is printed as one line.
            """)

    @Flag(help: "Include requests that are already answered, expired or withdrawn.")
    var all = false

    @Flag(help: "Keep running; print each new request and each answer until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("The number of requests, 1 to 200.", valueName: "n"))
    var limit = 50

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
    }

    func run() async throws {
        let gateway = try connection.gateway()
        if watch { return try await ApprovalWatch(gateway: gateway, limit: limit, all: all, json: json).run() }
        let approvals = try await gateway.approvals(state: all ? "all" : "pending", limit: limit)
        if json { return try Output.json(items: approvals.items, total: approvals.total) }
        guard !approvals.items.isEmpty else {
            return Output.notice(all ? "no agent has requested a permission yet" : "no permission request is pending")
        }
        let terminal = Terminal.current
        Output.write(Self.table(approvals.items, now: .now()).text(width: terminal.width, style: terminal.style))
    }

    /// The table of `approvals`, with shortened ids.
    static func table(_ approvals: [ApprovalView], now: Timestamp) -> Table {
        let ids = IDPrefix.shorten(approvals.map(\.id.description))
        let tasks = IDPrefix.shorten(approvals.map(\.task.description))
        return Table(
            header: ["APPROVAL", "STATE", "DEVICE", "TASK", "REQUEST"],
            rows: approvals.indices.map { index in
                let approval = approvals[index]
                return [
                    ids[index], ApprovalText.state(approval, now: now),
                    TextWidth.fit(ApprovalText.device(approval), 20), tasks[index],
                    ApprovalText.title(approval),
                ]
            })
    }
}
