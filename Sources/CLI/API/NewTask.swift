import Messages

/// The body of `POST /tasks`.
struct NewTask: Encodable, Equatable, Sendable {
    var prompt: String
    /// `cloud`, `default` or a device's id.
    var target: String
    var agent: String?
    var cwd: String?
    var conversation: ConversationID?
    /// Makes sending it twice harmless for 24 h.
    var idempotencyKey: String

    enum CodingKeys: String, CodingKey {
        case prompt, target, agent, cwd
        case conversation = "conversation_id"
        case idempotencyKey = "idempotency_key"
    }
}
