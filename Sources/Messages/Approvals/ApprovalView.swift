/// A permission request as its owner sees it, after commit.
public struct ApprovalView: Message, Equatable {
    public static let type = "approval.view"
    /// Which.
    public var id: ApprovalID
    /// The task whose agent asks.
    public var task: TaskID
    /// Its attempt.
    public var attempt: UInt32
    /// The task's conversation.
    public var conversation: ConversationID
    /// Where the agent runs.
    public var device: String?
    /// That device's name.
    public var deviceName: String?
    /// The tool that wants to be used.
    public var tool: String
    /// What it wants to do, in a line.
    public var title: String
    /// The tool's input.
    public var input: JSONValue
    /// What the scope `conversation` would allow; nil = the tool as a whole.
    public var rule: String?
    /// Whether it was answered, and how.
    public var state: ApprovalState
    /// For how long an `allow` holds, once it was answered.
    public var scope: ApprovalScope?
    /// What the agent was told with a `deny`.
    public var message: String?
    /// When it was recorded.
    public var requestedAt: Timestamp
    /// When it is denied if nobody answers.
    public var expiresAt: Timestamp
    /// When it was answered, timed out or abandoned.
    public var resolvedAt: Timestamp?
    /// Who answered.
    public var resolvedBy: String?

    public init(
        id: ApprovalID, task: TaskID, attempt: UInt32, conversation: ConversationID, device: String? = nil,
        deviceName: String? = nil, tool: String, title: String, input: JSONValue, rule: String? = nil,
        state: ApprovalState, scope: ApprovalScope? = nil, message: String? = nil, requestedAt: Timestamp,
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
        self.rule = rule
        self.state = state
        self.scope = scope
        self.message = message
        self.requestedAt = requestedAt
        self.expiresAt = expiresAt
        self.resolvedAt = resolvedAt
        self.resolvedBy = resolvedBy
    }

    enum CodingKeys: String, CodingKey {
        case id, attempt, tool, title, input, rule, state, scope, message
        case task = "task_id"
        case conversation = "conversation_id"
        case device = "device_id"
        case deviceName = "device_name"
        case requestedAt = "requested_at"
        case expiresAt = "expires_at"
        case resolvedAt = "resolved_at"
        case resolvedBy = "resolved_by"
    }
}
