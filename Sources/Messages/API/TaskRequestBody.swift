/// The body of `POST /tasks`. A reader ignores fields that it does not know.
public struct TaskRequestBody: Codable, Sendable, Equatable {
    /// The agent of a task that names none.
    public static let defaultAgent = "claude-code"

    /// What to do: 1 byte to 1 MiB of UTF-8, not blank.
    public var prompt: String
    /// `cloud`, `default`, or a device's id or name, 1 to 800 bytes; nil = `default`.
    public var target: String?
    /// The agent's name, 1 to 64 bytes; nil = ``defaultAgent``.
    public var agent: String?
    /// An absolute path on the device, at most 4,096 bytes; nil = the conversation's workspace.
    public var cwd: String?
    /// The conversation to continue; one that does not exist is created under this id. nil = a new one.
    public var conversation: ConversationID?
    /// Makes a repetition within 24 h return the first task; 1 to 200 characters.
    public var idempotencyKey: String?
    /// The size of the pseudo-terminal that the agent's command gets, for agents that run one; nil = none.
    public var terminal: TerminalSize?
    /// Whether standard output and standard error are read through two pipes, which loses their common order; nil =
    /// false.
    public var splitOutput: Bool?
    /// The task's choices, flat beside the other fields.
    public var choices: Choices

    public init(
        prompt: String, target: String? = nil, agent: String? = nil, cwd: String? = nil,
        conversation: ConversationID? = nil, idempotencyKey: String? = nil, terminal: TerminalSize? = nil,
        splitOutput: Bool? = nil, choices: Choices = Choices()
    ) {
        self.prompt = prompt
        self.target = target
        self.agent = agent
        self.cwd = cwd
        self.conversation = conversation
        self.idempotencyKey = idempotencyKey
        self.terminal = terminal
        self.splitOutput = splitOutput
        self.choices = choices
    }

    private enum CodingKeys: String, CodingKey {
        case prompt, target, agent, cwd, terminal
        case splitOutput = "split_output"
        case conversation = "conversation_id"
        case idempotencyKey = "idempotency_key"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        prompt = try container.decode(String.self, forKey: .prompt)
        target = try container.decodeIfPresent(String.self, forKey: .target)
        agent = try container.decodeIfPresent(String.self, forKey: .agent)
        cwd = try container.decodeIfPresent(String.self, forKey: .cwd)
        conversation = try container.decodeIfPresent(ConversationID.self, forKey: .conversation)
        idempotencyKey = try container.decodeIfPresent(String.self, forKey: .idempotencyKey)
        terminal = try container.decodeIfPresent(TerminalSize.self, forKey: .terminal)
        splitOutput = try container.decodeIfPresent(Bool.self, forKey: .splitOutput)
        choices = try Choices(from: decoder)
    }

    /// Writes only the fields that have a value, so that the digest of a body does not depend on which choices exist.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(prompt, forKey: .prompt)
        try container.encodeIfPresent(target, forKey: .target)
        try container.encodeIfPresent(agent, forKey: .agent)
        try container.encodeIfPresent(cwd, forKey: .cwd)
        try container.encodeIfPresent(conversation, forKey: .conversation)
        try container.encodeIfPresent(idempotencyKey, forKey: .idempotencyKey)
        try container.encodeIfPresent(terminal, forKey: .terminal)
        try container.encodeIfPresent(splitOutput, forKey: .splitOutput)
        try choices.encode(to: encoder)
    }

    /// Checks every value against its limits.
    /// - Throws: ``Fault`` `prompt_too_large`, `prompt_empty`, or `invalid_request` that names the field.
    public func check() throws {
        guard prompt.utf8.count <= Limits.prompt else {
            throw Fault(
                .promptTooLarge,
                "the prompt has \(prompt.utf8.count) bytes of UTF-8; at most \(Limits.prompt) (1 MiB) are allowed")
        }
        guard prompt.contains(where: { !$0.isWhitespace }) else {
            throw Fault(.promptEmpty, "the prompt has no text; describe the task in 'prompt'")
        }
        if let target {
            try Self.require(
                (1...Limits.target).contains(target.utf8.count),
                "'target' must be cloud, default, or a device's id or name")
        }
        if let agent { try Self.require((1...64).contains(agent.utf8.count), "'agent' must have 1 to 64 characters") }
        if let cwd {
            try Self.require(
                cwd.hasPrefix("/") && cwd.utf8.count <= 4096 && !cwd.utf8.contains(0),
                "'cwd' must be an absolute path on the device of at most 4,096 bytes")
        }
        try terminal?.check()
        try choices.check()
    }

    private static func require(_ condition: Bool, _ sentence: String) throws {
        guard condition else { throw Fault(.invalidRequest, sentence) }
    }
}

/// The body of `POST /tasks/{task}/retry`; an empty body is allowed.
public struct RetryRequestBody: Codable, Sendable, Equatable {
    /// Makes a repetition within 24 h return the first task; 1 to 200 characters.
    public var idempotencyKey: String?

    public init(idempotencyKey: String? = nil) { self.idempotencyKey = idempotencyKey }

    private enum CodingKeys: String, CodingKey { case idempotencyKey = "idempotency_key" }
}
