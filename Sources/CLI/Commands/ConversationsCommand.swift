import ArgumentParser
import Messages

/// `wegent conversations` and its subcommands.
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

            `wegent conversations list --help` shows the options of the list.
            Continue a conversation with `wegent run --conversation ID PROMPT`, the newest one with `wegent run -c PROMPT`.
            """,
        subcommands: [ListConversations.self, RenameConversation.self, DeleteConversation.self],
        defaultSubcommand: ListConversations.self)
}

/// `wegent conversations list`.
struct ListConversations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your conversations, newest first.")

    @Option(
        help: ArgumentHelp("List only conversations with this text in the title or in a prompt.", valueName: "text"))
    var search: String?

    @Option(help: ArgumentHelp("The number of conversations, 1 to 200.", valueName: "n"))
    var limit = 20

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
        if let search, !Limits.fits(search, 1...200) {
            throw ValidationError("--search must have 1 to 200 characters.")
        }
    }

    func run() async throws {
        let page = try await connection.gateway().conversations(search: search, limit: limit)
        let conversations = page.items.map(\.view)
        if json { return try Output.json(items: conversations, total: page.total) }
        guard !conversations.isEmpty else {
            return Output.notice(
                search.map { "no conversation contains '\($0)' in its title or in a prompt" }
                    ?? "no conversations yet; start one with `wegent run PROMPT`")
        }
        let terminal = Terminal.current
        Output.write(Self.table(conversations, now: .now()).text(width: terminal.width, style: terminal.style))
    }

    /// The table of `conversations`, with whole ids for programs that read it.
    static func table(_ conversations: [ConversationView], now: Timestamp) -> Table {
        Table(
            header: ["CONVERSATION", "STATE", "AGE", "TASKS", "DEVICE", "TITLE"],
            rows: conversations.map { conversation in
                [
                    conversation.id.description, conversation.state?.rawValue ?? "",
                    Elapsed.ago(now.seconds(since: conversation.updatedAt)), "\(conversation.tasks)",
                    TextWidth.fit(TerminalEscaping.line(conversation.deviceName ?? conversation.device ?? "cloud"), 24),
                    TerminalEscaping.line(conversation.title),
                ]
            })
    }
}

/// `wegent conversations rename`.
struct RenameConversation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rename", abstract: "Set the title of a conversation.")

    @Flag(help: "Print the conversation as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ConversationReference.help)
    var conversation: ConversationReference

    @Argument(help: "The title, 1 to 200 characters; '' restores the one made from the first prompt.")
    var title: String

    func validate() throws { try NameText.check(title, of: "a conversation") }

    func run() async throws {
        let gateway = try connection.gateway()
        let view = try await gateway.rename(try await conversation.id(gateway), title.isEmpty ? nil : title)
        if json { return try Output.json(view) }
        Output.notice("conversation \(view.id) is now titled '\(TerminalEscaping.line(view.title))'")
    }
}

/// `wegent conversations delete`.
struct DeleteConversation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a conversation with its tasks and their output, permanently.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ConversationReference.help)
    var conversation: ConversationReference

    func run() async throws {
        let gateway = try connection.gateway()
        let id = try await conversation.id(gateway)
        try await gateway.delete(id)
        Output.notice("conversation \(id) is deleted")
    }
}
