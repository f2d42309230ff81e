/// A leader tells an executor what was decided; again every 2 s and at each new session until ``ApprovalClosed``.
public struct ApprovalAnswer: Message, Equatable {
    public static let type = "approval.answer"
    /// Which task.
    public var task: TaskID
    /// Which attempt of it.
    public var attempt: UInt32
    /// The agent's own name for the request, 1 to 200 characters; unique within the attempt.
    public var request: String
    /// The leader's epoch; a lower one than the executor has seen is refused.
    public var epoch: UInt64
    /// Whether the tool may be used.
    public var decision: ApprovalDecision
    /// For how long an `allow` holds.
    public var scope: ApprovalScope
    /// What the agent is told with a `deny`, at most 2,000 characters.
    public var message: String?

    public init(
        task: TaskID, attempt: UInt32, request: String, epoch: UInt64, decision: ApprovalDecision, scope: ApprovalScope,
        message: String? = nil
    ) {
        self.task = task
        self.attempt = attempt
        self.request = request
        self.epoch = epoch
        self.decision = decision
        self.scope = scope
        self.message = message
    }

    enum CodingKeys: String, CodingKey {
        case attempt, epoch, decision, scope, message
        case task = "task_id"
        case request = "request_id"
    }
}
