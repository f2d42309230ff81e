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
    /// Flat beside the others.
    var choices = Choices()

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(prompt, forKey: .prompt)
        try container.encode(target, forKey: .target)
        try container.encodeIfPresent(agent, forKey: .agent)
        try container.encodeIfPresent(cwd, forKey: .cwd)
        try container.encodeIfPresent(conversation, forKey: .conversation)
        try container.encode(idempotencyKey, forKey: .idempotencyKey)
        try choices.encode(to: encoder)
    }

    enum CodingKeys: String, CodingKey {
        case prompt, target, agent, cwd
        case conversation = "conversation_id"
        case idempotencyKey = "idempotency_key"
    }
}
