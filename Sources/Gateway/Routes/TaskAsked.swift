import Messages

/// What `POST /tasks` may ask for, as it was said. Fields that are not known are ignored.
struct TaskAsked: Codable, Equatable {
    var prompt: String
    var target: String?
    var agent: String?
    var cwd: String?
    var conversation: ConversationID?
    var idempotencyKey: String?
    /// Flat beside the others.
    var choices: Choices

    enum CodingKeys: String, CodingKey {
        case prompt, target, agent, cwd
        case conversation = "conversation_id"
        case idempotencyKey = "idempotency_key"
    }

    static let defaultAgent = "claude-code"

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        prompt = try container.decode(String.self, forKey: .prompt)
        target = try container.decodeIfPresent(String.self, forKey: .target)
        agent = try container.decodeIfPresent(String.self, forKey: .agent)
        cwd = try container.decodeIfPresent(String.self, forKey: .cwd)
        conversation = try container.decodeIfPresent(ConversationID.self, forKey: .conversation)
        idempotencyKey = try container.decodeIfPresent(String.self, forKey: .idempotencyKey)
        choices = try Choices(from: decoder)
    }

    /// A choice that was not made leaves no trace, so that the digest of a body without any does not depend on which
    /// choices there are.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(prompt, forKey: .prompt)
        try container.encodeIfPresent(target, forKey: .target)
        try container.encodeIfPresent(agent, forKey: .agent)
        try container.encodeIfPresent(cwd, forKey: .cwd)
        try container.encodeIfPresent(conversation, forKey: .conversation)
        try container.encodeIfPresent(idempotencyKey, forKey: .idempotencyKey)
        try choices.encode(to: encoder)
    }

    /// Holds the values against what is allowed.
    /// - Throws: ``Fault`` or ``Problem`` that names the field.
    func check() throws {
        guard prompt.utf8.count <= Limits.prompt else {
            throw Fault(
                .promptTooLarge,
                "the prompt has \(prompt.utf8.count) bytes of UTF-8; at most \(Limits.prompt) (1 MiB) are allowed")
        }
        guard prompt.contains(where: { !$0.isWhitespace }) else {
            throw Fault(.promptEmpty, "the prompt has no text; say what is to be done in 'prompt'")
        }
        if let target {
            try Self.require(
                (1...800).contains(target.utf8.count), "'target' must be cloud, default, or a device's id or name")
        }
        if let agent { try Self.require((1...64).contains(agent.utf8.count), "'agent' must have 1 to 64 characters") }
        if let cwd {
            try Self.require(
                cwd.hasPrefix("/") && cwd.utf8.count <= 4096 && !cwd.utf8.contains(0),
                "'cwd' must be an absolute path on the device of at most 4,096 bytes")
        }
        do { try choices.check() } catch let fault as Fault { throw Problem.unprocessable(fault.message) }
    }

    /// SHA-256 in hex of everything that was asked but the key.
    var digest: String {
        var asked = self
        asked.idempotencyKey = nil
        asked.target = target ?? Target.defaultDevice.description
        asked.agent = agent ?? Self.defaultAgent
        return Digest.hex(asked)
    }

    private static func require(_ condition: Bool, _ sentence: String) throws {
        guard condition else { throw Problem.unprocessable(sentence) }
    }
}
