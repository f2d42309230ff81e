import ArgumentParser
import Messages

/// `wegent approvals`: what agents ask for.
struct ApprovalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals",
        abstract: "List what agents wait for your permission to do.",
        discussion: """
            Examples:
              wegent approvals
              wegent approvals --watch                new ones as they come
              wegent approvals --all --json | jq -r '.items[].resolved_by'

            Answer with `wegent approve APPROVAL` or `wegent deny APPROVAL`.
            """)

    @Flag(help: "Those that were answered as well.")
    var all = false

    @Flag(help: "Go on and show each new one; with --json one line each time that one changes.")
    var watch = false

    @Option(help: "How many, 1 to 200.")
    var limit = 50

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
    }

    func run() async throws {
        let backend = try connection.backend()
        if watch { return try await ApprovalWatch(backend: backend, limit: limit, all: all, json: json).run() }
        let listing = try await backend.approvals(state: all ? "all" : "pending", limit: limit)
        if json { return try Output.json(items: listing.items, total: listing.total) }
        guard !listing.items.isEmpty else {
            return Output.notice(all ? "no agent has asked for anything yet" : "no agent waits for an answer")
        }
        let terminal = Terminal.current
        Output.write(Self.table(listing.items, now: .now()).text(width: terminal.width, paint: terminal.paint))
    }

    /// The table of `approvals`; ids are cut to where they differ.
    static func table(_ approvals: [ApprovalView], now: Timestamp) -> Table {
        let ids = Shortened.texts(approvals.map(\.id.description))
        let tasks = Shortened.texts(approvals.map(\.task.description))
        return Table(
            header: ["APPROVAL", "STATE", "DEVICE", "TASK", "WANTS"],
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
