import ArgumentParser
import Messages

/// Which conversation a command goes on with.
struct ConversationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Continue this conversation: its id, or the first 6 or more characters.", valueName: "id"))
    var conversation: ConversationReference?

    @Flag(name: [.customShort("c"), .customLong("continue")], help: "Continue your newest conversation.")
    var continuesNewest = false

    func validate() throws {
        if continuesNewest, conversation != nil {
            throw ValidationError("--continue and --conversation cannot be combined.")
        }
        try conversation?.check()
    }

    /// Finds the conversation; nil = a new one.
    /// - Throws: ``CommandError`` when there is no such conversation.
    func find(_ gateway: GatewayClient) async throws -> ConversationID? {
        if let conversation { return try await conversation.id(gateway) }
        guard continuesNewest else { return nil }
        guard let newest = try await gateway.conversations(limit: 1).items.first else {
            throw CommandError("you have no conversation to continue; start one with `wegent run PROMPT`")
        }
        return newest.view.id
    }
}
