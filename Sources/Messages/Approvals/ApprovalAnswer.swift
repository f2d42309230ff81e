/// Carries a decision from the leader to the executor. The leader repeats it every 2 s and in each new session until it
/// receives ``ApprovalClosed``.
public struct ApprovalAnswer: Message, Equatable {
    public static let type = "approval.answer"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The agent's own name for the request, 1 to 200 characters; unique within the attempt.
    public var request: String
    /// The leader's epoch; the executor refuses a stale one.
    public var epoch: UInt64
    /// Whether the tool may be used.
    public var decision: ApprovalDecision
    /// How long an `allow` holds.
    public var scope: ApprovalScope
    /// The reason that the agent receives with a `deny`, at most 2,000 characters.
    public var message: String?
    /// The id of the request's option that was chosen; nil = none was.
    public var option: String?
    /// The input to use the tool with, a JSON object of at most 64 KiB; nil = the one that the agent gave.
    public var input: JSONValue?
    /// The answers to the request's questions, by the id of the question: ids of choices and free texts.
    public var answers: AgentQuestion.Answers?

    public init(
        task: TaskID, attempt: UInt32, request: String, epoch: UInt64, decision: ApprovalDecision, scope: ApprovalScope,
        message: String? = nil, option: String? = nil, input: JSONValue? = nil, answers: AgentQuestion.Answers? = nil
    ) {
        self.task = task
        self.attempt = attempt
        self.request = request
        self.epoch = epoch
        self.decision = decision
        self.scope = scope
        self.message = message
        self.option = option
        self.input = input
        self.answers = answers
    }

    enum CodingKeys: String, CodingKey {
        case attempt, epoch, decision, scope, message, option, input, answers
        case task = "task_id"
        case request = "request_id"
    }
}

/// Reports that the executor has passed the decision to its agent, or that the agent no longer waits for one. A request
/// without a decision becomes `abandoned`.
public struct ApprovalClosed: Message, Equatable {
    public static let type = "approval.closed"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The agent's own name for the request, 1 to 200 characters; unique within the attempt.
    public var request: String

    public init(task: TaskID, attempt: UInt32, request: String) {
        self.task = task
        self.attempt = attempt
        self.request = request
    }

    enum CodingKeys: String, CodingKey {
        case attempt
        case task = "task_id"
        case request = "request_id"
    }
}
