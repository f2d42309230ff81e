/// A permission request as its owner sees it, after commit.
public struct ApprovalView: Message, Equatable {
    public static let type = "approval.view"
    /// The permission request's id.
    public var id: ApprovalID
    /// The task of the agent that asks.
    public var task: TaskID
    /// The attempt of that task.
    public var attempt: UInt32
    /// The task's conversation.
    public var conversation: ConversationID
    /// The device that the agent runs on; nil = unknown.
    public var device: String?
    /// That device's name.
    public var deviceName: String?
    /// The tool that the agent wants to use.
    public var tool: String
    /// What the tool would do, in one line.
    public var title: String
    /// The tool's input.
    public var input: JSONValue
    /// Whether `input` is shortened, so that it cannot be edited; nil = it is whole.
    public var inputCut: Bool?
    /// What the scope `conversation` would allow; nil = every use of the tool.
    public var rule: String?
    /// The ways to answer; nil in events of earlier versions.
    public var options: [ApprovalOption]?
    /// The questions that the agent asks; nil = it asks for permission only.
    public var questions: [AgentQuestion]?
    /// Whether it is pending, and else how it was resolved.
    public var state: ApprovalState
    /// How long an `allow` holds; nil before the decision.
    public var scope: ApprovalScope?
    /// The reason that the agent received with a `deny`.
    public var message: String?
    /// The id of the option that was chosen; nil = none was.
    public var option: String?
    /// The input that was allowed in place of `input`; nil = `input` was.
    public var updatedInput: JSONValue?
    /// The answers to the questions, by the id of the question: ids of choices and free texts.
    public var answers: AgentQuestion.Answers?
    /// When the leader recorded it.
    public var requestedAt: Timestamp
    /// When it is denied without a decision.
    public var expiresAt: Timestamp
    /// When it was decided, expired or abandoned.
    public var resolvedAt: Timestamp?
    /// The author of the decision.
    public var resolvedBy: String?

    public init(
        id: ApprovalID, task: TaskID, attempt: UInt32, conversation: ConversationID, device: String? = nil,
        deviceName: String? = nil, tool: String, title: String, input: JSONValue, inputCut: Bool? = nil,
        rule: String? = nil, options: [ApprovalOption]? = nil, questions: [AgentQuestion]? = nil,
        state: ApprovalState, scope: ApprovalScope? = nil, message: String? = nil, option: String? = nil,
        updatedInput: JSONValue? = nil, answers: AgentQuestion.Answers? = nil, requestedAt: Timestamp,
        expiresAt: Timestamp, resolvedAt: Timestamp? = nil, resolvedBy: String? = nil
    ) {
        self.id = id
        self.task = task
        self.attempt = attempt
        self.conversation = conversation
        self.device = device
        self.deviceName = deviceName
        self.tool = tool
        self.title = title
        self.input = input
        self.inputCut = inputCut
        self.rule = rule
        self.options = options
        self.questions = questions
        self.state = state
        self.scope = scope
        self.message = message
        self.option = option
        self.updatedInput = updatedInput
        self.answers = answers
        self.requestedAt = requestedAt
        self.expiresAt = expiresAt
        self.resolvedAt = resolvedAt
        self.resolvedBy = resolvedBy
    }

    enum CodingKeys: String, CodingKey {
        case id, attempt, tool, title, input, rule, options, questions, state, scope, message, option, answers
        case task = "task_id"
        case conversation = "conversation_id"
        case device = "device_id"
        case deviceName = "device_name"
        case inputCut = "input_cut"
        case updatedInput = "updated_input"
        case requestedAt = "requested_at"
        case expiresAt = "expires_at"
        case resolvedAt = "resolved_at"
        case resolvedBy = "resolved_by"
    }
}

/// The state of a permission request.
public struct ApprovalState: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The agent waits for a decision.
    public static let pending = ApprovalState(rawValue: "pending")
    /// A person allowed it.
    public static let allowed = ApprovalState(rawValue: "allowed")
    /// A person denied it.
    public static let denied = ApprovalState(rawValue: "denied")
    /// No decision came in time, so it was denied.
    public static let expired = ApprovalState(rawValue: "expired")
    /// The agent no longer waits: its attempt ended, or the agent withdrew the request.
    public static let abandoned = ApprovalState(rawValue: "abandoned")

    /// Every name that this version knows.
    public static let all: [ApprovalState] = [.pending, .allowed, .denied, .expired, .abandoned]
}
