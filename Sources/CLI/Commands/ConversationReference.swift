import ArgumentParser
import Messages

/// A conversation as a person names it: its id, or the beginning of one of the newest 200.
struct ConversationReference: ExpressibleByArgument, Sendable {
    let text: String

    init?(argument: String) { text = argument.lowercased() }

    /// The conversation's id, and what is known of it when it was looked up.
    /// - Throws: `ValidationError` when it cannot be one, ``Failure`` when none or more than one begins like this.
    func id(_ backend: Backend) async throws -> ConversationID {
        if let id = ConversationID(text) { return id }
        try Shortened.check(text, "a conversation", list: "conversations")
        let newest = try await backend.conversations(limit: 200).items
        guard let found = try Shortened.match(text, newest, "conversations", id: { $0.id.description }) else {
            throw Failure("none of your newest conversations begins with \(text); `wegent conversations` lists them")
        }
        return found.id
    }
}
