import Messages

/// The state machine of one permission request, and its row.
///
/// ```
/// pending ─▶ allowed | denied | expired ─▶ delivered       (the first answer is final)
///    └─────▶ abandoned                                     (the agent no longer waits)
/// ```
struct ApprovalRecord: Sendable, Equatable {
    let id: ApprovalID
    let owner: UserID
    /// The attempt that requests it.
    let attempt: AttemptID
    /// The agent's name for the request; unique within the attempt.
    let request: String
    let conversation: ConversationID
    let device: String?
    let deviceName: String?
    let tool: String
    let title: String
    var input: JSONValue
    /// Whether `input` is shortened, so that it cannot be edited.
    var isInputCut = false
    let rule: String?
    /// The ways to answer, as the executor offered them; nil = it takes neither an option nor an input nor answers.
    var options: [ApprovalOption]?
    /// What the agent asks, beside the permission.
    var questions: [AgentQuestion]?
    /// When it was recorded.
    let requestedAt: Timestamp
    /// When it is denied without an answer.
    let expiresAt: Timestamp

    var state = ApprovalState.pending
    /// For how long an `allow` holds.
    var scope: ApprovalScope?
    /// The agent's text with a denial.
    var message: String?
    /// The id of the option that was chosen.
    var option: String?
    /// The input that was allowed in place of ``input``; null = it was, and is no longer kept.
    var updatedInput: JSONValue?
    /// The answers to ``questions``.
    var answers: AgentQuestion.Answers?
    var resolvedAt: Timestamp?
    /// The name of the person that answered.
    var resolvedBy: String?
    /// The answer that counts, however often it is sent.
    var answer: AnswerID?
    /// Whether the executor has confirmed the answer, or there is none to deliver.
    var isDelivered = false

    /// Whether it can be answered.
    var isPending: Bool { state == .pending }

    /// The result of an answer.
    enum Verdict: Sendable, Equatable {
        /// It is the first answer: it counts.
        case counts
        /// It repeats the answer that counts (the same `answer_id`).
        case repeated
        /// Another one was first, or the agent does not wait: `approval_resolved` or `approval_abandoned`.
        case refused(Fault)
    }

    /// A person decides.
    mutating func decide(_ decide: ApprovalDecide, now: Timestamp) -> Verdict {
        guard isPending else { return answer == decide.answer ? .repeated : .refused(refusal) }
        let choice: ApprovalChoice
        do { choice = try ApprovalChoice(decide, of: self) } catch { return .refused(error) }
        state = choice.isAllowed ? .allowed : .denied
        scope = choice.isAllowed ? choice.scope : nil
        message = choice.isAllowed ? nil : decide.message
        option = decide.option
        updatedInput = decide.input
        answers = decide.answers
        resolvedAt = now
        resolvedBy = decide.by
        answer = decide.answer
        return .counts
    }

    /// Denies the request because no answer came in time.
    /// - Returns: false when it was not pending.
    mutating func expire(now: Timestamp) -> Bool {
        guard isPending else { return false }
        state = .expired
        message = "no answer came in time"
        resolvedAt = now
        return true
    }

    /// Closes the request without an answer, since the agent no longer waits for one.
    /// - Returns: false when it was not pending.
    mutating func abandon(now: Timestamp) -> Bool {
        guard isPending else { return false }
        state = .abandoned
        isDelivered = true
        resolvedAt = now
        return true
    }

    /// The executor confirms the answer, or its attempt has ended.
    /// - Returns: false when it has no answer, or it was delivered before.
    mutating func deliver() -> Bool {
        guard !isPending, !isDelivered else { return false }
        isDelivered = true
        return true
    }

    /// The fault for a later answer: names the first one, its time and its decision.
    var refusal: Fault {
        let when = resolvedAt.map { " at \($0)" } ?? ""
        switch state {
        case .abandoned:
            return Fault(
                .approvalAbandoned,
                "this request of task \(attempt.task) was withdrawn\(when): the attempt ended or the agent cancelled it"
            )
        case .expired:
            return Fault(.approvalResolved, "no answer came in time: the request was denied\(when)")
        case .pending:
            // Only a task that is not in memory leaves a request pending here, and there is none.
            return Fault(.unavailable, "the answer was not taken; try again")
        default:
            let by = resolvedBy.map { " by \($0)" } ?? ""
            return Fault(
                .approvalResolved,
                "the request was \(state)\(by)\(when); the first answer counts, and the agent has it")
        }
    }

    /// Returns the answer for the executor; nil while it is pending.
    func answer(epoch: UInt64) -> ApprovalAnswer? {
        guard !isPending else { return nil }
        // Without the input that was allowed nothing is: the agent's own was not.
        let isLost = updatedInput == .null
        return ApprovalAnswer(
            task: attempt.task, attempt: attempt.attempt, request: request, epoch: epoch,
            decision: state == .allowed && !isLost ? .allow : .deny, scope: scope ?? .once,
            message: isLost ? "this request was answered before; ask again" : message, option: option,
            input: isLost ? nil : updatedInput, answers: answers)
    }

    /// The ways to answer, as people see them.
    var offered: [ApprovalOption] { options ?? ApprovalOption.standard(hasRule: true) }

    /// As its owner sees it.
    var view: ApprovalView {
        ApprovalView(
            id: id, task: attempt.task, attempt: attempt.attempt, conversation: conversation, device: device,
            deviceName: deviceName, tool: tool, title: title, input: input, inputCut: isInputCut ? true : nil,
            rule: rule, options: offered, questions: questions, state: state, scope: scope, message: message,
            option: option, updatedInput: updatedInput, answers: answers, requestedAt: requestedAt,
            expiresAt: expiresAt, resolvedAt: resolvedAt,
            resolvedBy: resolvedBy)
    }
}
