/// A person answers a permission request. The first answer counts: `approval_not_found`, `approval_resolved` with
/// who was first, `approval_abandoned`. Safe to repeat with the same `answer_id`.
public struct ApprovalDecide: Request, Equatable {
    public typealias Reply = ApprovalView
    public static let type = "approval.decide"
    /// Whose.
    public var owner: UserID
    /// Which task.
    public var task: TaskID
    /// Which request.
    public var approval: ApprovalID
    /// Minted by the gateway or by its client: the same one again is the same answer.
    public var answer: AnswerID
    /// Whether the tool may be used.
    public var decision: ApprovalDecision
    /// For how long an `allow` holds.
    public var scope: ApprovalScope
    /// What the agent is told with a `deny`, at most 2,000 characters.
    public var message: String?
    /// Who answers, for people: the account and the name of its token; at most 200 characters.
    public var by: String

    public init(
        owner: UserID, task: TaskID, approval: ApprovalID, answer: AnswerID, decision: ApprovalDecision,
        scope: ApprovalScope, message: String? = nil, by: String
    ) {
        self.owner = owner
        self.task = task
        self.approval = approval
        self.answer = answer
        self.decision = decision
        self.scope = scope
        self.message = message
        self.by = by
    }

    enum CodingKeys: String, CodingKey {
        case owner, decision, scope, message, by
        case task = "task_id"
        case approval = "approval_id"
        case answer = "answer_id"
    }
}
