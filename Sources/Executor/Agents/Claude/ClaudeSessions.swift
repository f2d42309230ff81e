import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which session of Claude Code a conversation is, kept in a file so that it outlives the executor.
struct ClaudeSessions: Sendable {
    /// One file a conversation.
    let directory: String

    private struct Entry: Codable {
        var session: String
        enum CodingKeys: String, CodingKey { case session = "session_id" }
    }

    /// The session to resume; nil for a new conversation.
    func session(of conversation: ConversationID) -> String? {
        guard let data = try? Data(contentsOf: URL(filePath: path(conversation))) else { return nil }
        return (try? JSONDecoder().decode(Entry.self, from: data))?.session
    }

    /// Keeps it; a failure costs the context after a restart, not the turn.
    func keep(_ session: String, of conversation: ConversationID) {
        guard let data = try? JSONEncoder().encode(Entry(session: session)) else { return }
        try? data.write(to: URL(filePath: path(conversation)), options: .atomic)
    }

    private func path(_ conversation: ConversationID) -> String { "\(directory)/\(conversation).json" }
}
