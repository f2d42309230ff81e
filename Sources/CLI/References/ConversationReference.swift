import ArgumentParser
import Messages

/// A conversation on the command line: its id, or a prefix of the id of one of the 200 newest conversations.
struct ConversationReference: ExpressibleByArgument, Sendable {
    static let help: ArgumentHelp =
        "A conversation's id, or its first 6 or more characters (for your 200 newest conversations)."

    let text: String

    init?(argument: String) { text = argument.lowercased() }

    /// Checks that the text can be an id or the beginning of one.
    /// - Throws: `ValidationError`.
    func check() throws {
        if ConversationID(text) == nil { try IDPrefix.check(text, "a conversation", command: "conversations") }
    }

    /// Finds the conversation's id.
    /// - Throws: `ValidationError` for text that cannot be an id, ``CommandError`` when no conversation or more than one
    ///   matches.
    func id(_ gateway: GatewayClient) async throws -> ConversationID {
        if let id = ConversationID(text) { return id }
        try check()
        let newest = try await gateway.conversations(limit: 200).items
        guard let found = try IDPrefix.match(text, newest, "conversations", id: { $0.view.id.description }) else {
            throw CommandError(
                "none of your 200 newest conversations has an id that begins with \(text); `wegent conversations` "
                    + "lists the ids")
        }
        return found.view.id
    }
}
