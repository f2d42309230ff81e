/// The body of `POST /tasks/{task}/approvals/{approval}`: a person's decision.
public struct ApprovalRequestBody: Codable, Sendable, Equatable {
    /// Whether the tool may be used; nil = as the option says, or `allow` with an input or answers.
    public var decision: ApprovalDecision?
    /// How long an `allow` holds; nil = as the option says, else `once`.
    public var scope: ApprovalScope?
    /// The reason that the agent receives with a `deny`, at most 2,000 characters.
    public var message: String?
    /// The id of one of the request's options.
    public var option: String?
    /// The input to use the tool with in place of the agent's: a JSON object of at most 64 KiB.
    public var updatedInput: JSONValue?
    /// The answers to the request's questions, by the id of the question: ids of choices and free texts; at most 16 KiB.
    public var answers: AgentQuestion.Answers?
    /// Makes a repetition harmless; nil = the gateway generates one.
    public var answer: AnswerID?

    public init(
        decision: ApprovalDecision? = nil, scope: ApprovalScope? = nil, message: String? = nil, option: String? = nil,
        updatedInput: JSONValue? = nil, answers: AgentQuestion.Answers? = nil, answer: AnswerID? = nil
    ) {
        self.decision = decision
        self.scope = scope
        self.message = message
        self.option = option
        self.updatedInput = updatedInput
        self.answers = answers
        self.answer = answer
    }

    private enum CodingKeys: String, CodingKey {
        case decision, scope, message, option, answers
        case updatedInput = "updated_input"
        case answer = "answer_id"
    }

    /// Whether it is an `allow` by what it carries.
    private var carries: String? { updatedInput != nil ? "updated_input" : answers != nil ? "answers" : nil }

    /// Checks every value against its limits and against each other.
    /// - Throws: ``Fault`` `invalid_request` that names the field.
    public func check() throws {
        guard decision != nil || option != nil || carries != nil else {
            throw Fault(
                .invalidRequest, "'decision' is missing: allow or deny, or one of the request's options in 'option'")
        }
        if let decision, !ApprovalDecision.all.contains(decision) {
            throw Fault(.invalidRequest, "'decision' must be allow or deny")
        }
        if let scope, !ApprovalScope.all.contains(scope) {
            throw Fault(.invalidRequest, "'scope' must be once or conversation")
        }
        if let carries, decision == .deny {
            throw Fault(.invalidRequest, "'\(carries)' goes with the decision allow only")
        }
        try Self.check(message: message, option: option, input: updatedInput, answers: answers, scope: scope)
    }

    /// Checks what is the same in a body and in a message of the mesh.
    /// - Throws: ``Fault`` `invalid_request` that names the field as the body does.
    public static func check(
        message: String?, option: String?, input: JSONValue?, answers: AgentQuestion.Answers?, scope: ApprovalScope?
    ) throws {
        func fault(_ text: String) -> Fault { Fault(.invalidRequest, text) }
        if let message, !Limits.fits(message, 0...Limits.approvalMessage) {
            throw fault("'message' must have at most \(Limits.approvalMessage) characters")
        }
        if let option, !Limits.fits(option, Limits.approvalName) {
            throw fault("'option' must have 1 to \(Limits.approvalName.upperBound) characters")
        }
        if input != nil, answers != nil { throw fault("'updated_input' and 'answers' exclude each other") }
        if let input {
            guard case .object = input else { throw fault("'updated_input' must be a JSON object") }
            guard input.bytes.count <= Limits.approvalInput else {
                throw fault("'updated_input' must have at most \(Limits.approvalInput) bytes of JSON")
            }
            if scope == .conversation { throw fault("an edited input is allowed once: leave out 'scope'") }
        }
        if let answers {
            let bytes = answers.reduce(0) { $1.value.reduce($0 + $1.key.utf8.count) { $0 + $1.utf8.count + 1 } }
            guard bytes <= Limits.approvalAnswers else {
                throw fault("'answers' must have at most \(Limits.approvalAnswers) bytes of text")
            }
        }
    }
}
