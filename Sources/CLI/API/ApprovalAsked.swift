import Messages

/// The body of `POST /tasks/{task}/approvals/{approval}`.
struct ApprovalAsked: Encodable, Equatable, Sendable {
    var decision: ApprovalDecision
    var scope = ApprovalScope.once
    /// What the agent is told with a `deny`.
    var message: String?
    /// The same one again is the same answer.
    var id: AnswerID?

    enum CodingKeys: String, CodingKey {
        case decision, scope, message
        case id = "answer_id"
    }
}
