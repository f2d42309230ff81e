import ArgumentParser
import Messages

/// `wegent conversations` and what can be done with one.
struct ConversationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conversations",
        abstract: "List and search your conversations; rename or delete one.",
        discussion: """
            Examples:
              wegent conversations
              wegent conversations --search 'flaky test' --json
              wegent conversations rename 01a2038a-5d10 'The flaky test'
              wegent conversations delete 01a2038a-5d10
              wegent run --conversation ID 'and now?'       goes on with one
            """,
        subcommands: [ListConversations.self, RenameConversation.self, DeleteConversation.self],
        defaultSubcommand: ListConversations.self)
}

struct ListConversations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your conversations, the newest first (the default).")

    @Option(help: "Only those with this text in the title or in a prompt.")
    var search: String?

    @Option(help: "How many, 1 to 200.")
    var limit = 20

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
        if let search, !(1...200).contains(search.count) {
            throw ValidationError("--search must have 1 to 200 characters.")
        }
    }

    func run() async throws {
        let listing = try await connection.backend().conversations(search: search, limit: limit)
        if json { return try Output.json(items: listing.items, total: listing.total) }
        guard !listing.items.isEmpty else {
            return Output.notice(
                search.map { "no conversation has '\($0)' in it" }
                    ?? "no conversations yet; begin one with `wegent run PROMPT`")
        }
        let terminal = Terminal.current
        Output.write(Self.table(listing.items, now: .now()).text(width: terminal.width, paint: terminal.paint))
    }

    /// The table of `conversations`. The ids are whole: `run --conversation` wants them so.
    static func table(_ conversations: [ConversationView], now: Timestamp) -> Table {
        Table(
            header: ["CONVERSATION", "STATE", "AGE", "TASKS", "DEVICE", "TITLE"],
            rows: conversations.map { conversation in
                [
                    conversation.id.description, conversation.state?.rawValue ?? "",
                    Elapsed.ago(now.seconds(since: conversation.updatedAt)), "\(conversation.tasks)",
                    TextWidth.fit(conversation.deviceName ?? conversation.device ?? "cloud", 24), conversation.title,
                ]
            })
    }
}

struct RenameConversation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rename", abstract: "Give a conversation a title.")

    @Flag(help: "Print the conversation as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Which: an id, or the beginning of one of your newest 200.")
    var conversation: ConversationReference

    @Argument(help: "The title, 1 to 200 characters; '' = the beginning of its first prompt again.")
    var title: String

    func run() async throws {
        let backend = try connection.backend()
        let view = try await backend.rename(try await conversation.id(backend), title.isEmpty ? nil : title)
        if json { return try Output.json(view) }
        Output.notice("conversation \(view.id) is called '\(Table.line(view.title))'")
    }
}

struct DeleteConversation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a conversation with its tasks and all that they said, for good.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Which: an id, or the beginning of one of your newest 200.")
    var conversation: ConversationReference

    func run() async throws {
        let backend = try connection.backend()
        let id = try await conversation.id(backend)
        try await backend.delete(id)
        Output.notice("conversation \(id) is deleted")
    }
}
