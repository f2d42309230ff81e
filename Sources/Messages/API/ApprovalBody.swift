/// A permission request over HTTP: the fields of ``ApprovalView``, with `null` for those without a value. A reader
/// ignores fields that it does not know.
public struct ApprovalBody: Codable, Sendable, Equatable {
    /// The permission request.
    public var view: ApprovalView

    public init(_ view: ApprovalView) { self.view = view }

    public init(from decoder: any Decoder) throws { view = try ApprovalView(from: decoder) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ApprovalView.CodingKeys.self)
        try container.encode(view.id, forKey: .id)
        try container.encode(view.task, forKey: .task)
        try container.encode(view.attempt, forKey: .attempt)
        try container.encode(view.conversation, forKey: .conversation)
        try container.encode(view.device, forKey: .device)
        try container.encode(view.deviceName, forKey: .deviceName)
        try container.encode(view.tool, forKey: .tool)
        try container.encode(view.title, forKey: .title)
        try container.encode(view.input, forKey: .input)
        try container.encode(view.rule, forKey: .rule)
        try container.encode(view.state, forKey: .state)
        try container.encode(view.scope, forKey: .scope)
        try container.encode(view.message, forKey: .message)
        try container.encode(view.requestedAt, forKey: .requestedAt)
        try container.encode(view.expiresAt, forKey: .expiresAt)
        try container.encode(view.resolvedAt, forKey: .resolvedAt)
        try container.encode(view.resolvedBy, forKey: .resolvedBy)
    }
}

/// The body of `POST /tasks/{task}/approvals/{approval}`: a person's decision.
public struct ApprovalRequestBody: Codable, Sendable, Equatable {
    /// Whether the tool may be used.
    public var decision: ApprovalDecision
    /// How long an `allow` holds; nil = `once`.
    public var scope: ApprovalScope?
    /// The reason that the agent receives with a `deny`, at most 2,000 characters.
    public var message: String?
    /// Makes a repetition harmless; nil = the gateway generates one.
    public var answer: AnswerID?

    public init(
        decision: ApprovalDecision, scope: ApprovalScope? = nil, message: String? = nil, answer: AnswerID? = nil
    ) {
        self.decision = decision
        self.scope = scope
        self.message = message
        self.answer = answer
    }

    private enum CodingKeys: String, CodingKey {
        case decision, scope, message
        case answer = "answer_id"
    }

    /// Checks every value against its limits.
    /// - Throws: ``Fault`` `invalid_request` that names the field.
    public func check() throws {
        guard ApprovalDecision.all.contains(decision) else {
            throw Fault(.invalidRequest, "'decision' must be allow or deny")
        }
        if let scope, !ApprovalScope.all.contains(scope) {
            throw Fault(.invalidRequest, "'scope' must be once or conversation")
        }
        if let message, message.count > Limits.approvalMessage {
            throw Fault(.invalidRequest, "'message' must have at most \(Limits.approvalMessage) characters")
        }
    }
}
