import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An agent's own session of each conversation and how far it knows the conversation, in files that outlive the
/// executor. Each agent has a directory of its own.
struct AgentSessions: Sendable {
    /// One file a conversation.
    let directory: String

    struct Entry: Codable, Equatable {
        var session: String
        /// The last task that the session knows the turn of; nil before the end of its first turn.
        var last: TaskID?
        enum CodingKeys: String, CodingKey {
            case session = "session_id"
            case last = "last_task_id"
        }
    }

    /// Returns the session to resume; nil for a new conversation.
    func entry(of conversation: ConversationID) -> Entry? {
        guard let data = try? Data(contentsOf: URL(filePath: path(conversation))) else { return nil }
        return try? JSONDecoder().decode(Entry.self, from: data)
    }

    /// Stores the session's id; a failure costs the context after a restart, not the turn.
    func keep(_ session: String, of conversation: ConversationID) {
        write(Entry(session: session, last: entry(of: conversation)?.last), conversation)
    }

    /// The session knows the turn of a task, however it ended. If this cannot be stored, the agent is given the task's
    /// text once more.
    func markKnown(_ task: TaskID, of conversation: ConversationID) {
        guard var entry = entry(of: conversation) else { return }
        entry.last = task
        write(entry, conversation)
    }

    /// The session no longer exists.
    func forget(_ conversation: ConversationID) { try? FileManager.default.removeItem(atPath: path(conversation)) }

    private func write(_ entry: Entry, _ conversation: ConversationID) {
        guard let data = try? JSONEncoder().encode(entry) else { return }
        try? data.write(to: URL(filePath: path(conversation)), options: .atomic)
    }

    private func path(_ conversation: ConversationID) -> String { "\(directory)/\(conversation).json" }
}
