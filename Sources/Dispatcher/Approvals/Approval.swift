import Messages

/// The life of one permission request: a value that is told what happened.
///
/// ```
/// pending ─▶ allowed | denied | expired ─▶ delivered       (the first answer counts, for ever)
///    └─────▶ abandoned                                     (nobody waits for an answer any more)
/// ```
struct Approval: Sendable, Equatable {
    let id: ApprovalID
    let owner: UserID
    /// Whose agent asks.
    let attempt: AttemptID
    /// The agent's own name for the request; unique within the attempt.
    let request: String
    let conversation: ConversationID
    let device: String?
    let deviceName: String?
    let tool: String
    let title: String
    var input: JSONValue
    let rule: String?
    /// When it was recorded.
    let requestedAt: Timestamp
    /// When it is denied if nobody answers.
    let expiresAt: Timestamp

    var state = ApprovalState.pending
    /// For how long an `allow` holds.
    var scope: ApprovalScope?
    /// What the agent is told with a denial.
    var message: String?
    var resolvedAt: Timestamp?
    /// Who answered.
    var resolvedBy: String?
    /// The answer that counts, however often it is sent.
    var answer: AnswerID?
    /// Whether the executor has said that its agent does not wait any more; also when there is nothing to deliver.
    var isDelivered = false

    /// Whether somebody may answer.
    var isPending: Bool { state == .pending }

    /// What becomes of an answer.
    enum Verdict: Sendable, Equatable {
        /// It counts.
        case counts
        /// It is the one that counts already.
        case repeated
        /// Another one was first, or nobody waits: `approval_resolved` or `approval_abandoned`.
        case refused(Fault)
    }

    /// A person answers.
    mutating func decide(_ decide: ApprovalDecide, now: Timestamp) -> Verdict {
        guard isPending else { return answer == decide.answer ? .repeated : .refused(refusal) }
        let isAllowed = decide.decision == .allow
        state = isAllowed ? .allowed : .denied
        scope = isAllowed ? decide.scope : nil
        message = isAllowed ? nil : decide.message
        resolvedAt = now
        resolvedBy = decide.by
        answer = decide.answer
        return .counts
    }

    /// Nobody has answered in time; false = it was resolved before.
    mutating func expire(now: Timestamp) -> Bool {
        guard isPending else { return false }
        state = .expired
        message = "nobody answered in time"
        resolvedAt = now
        return true
    }

    /// Its attempt has ended: nobody waits for an answer; false = there is nothing to change.
    mutating func abandon(now: Timestamp) -> Bool {
        guard !isDelivered else { return false }
        isDelivered = true
        guard isPending else { return true }
        state = .abandoned
        resolvedAt = now
        return true
    }

    /// Why another answer is refused: who was first, when, and how.
    var refusal: Fault {
        let when = resolvedAt.map { " at \($0)" } ?? ""
        switch state {
        case .abandoned:
            return Fault(
                .approvalAbandoned,
                "the agent of task \(attempt.task) has not waited for an answer to this request since\(when.dropFirst(3)): "
                    + "its attempt has ended, or it has changed its mind")
        case .expired:
            return Fault(.approvalResolved, "nobody answered in time: the request was denied\(when)")
        case .pending:
            // Nothing leaves a request pending whose task is not in memory.
            return Fault(.unavailable, "the answer was not taken; try again")
        default:
            let who = resolvedBy.map { " by \($0)" } ?? ""
            return Fault(
                .approvalResolved,
                "the request was \(state)\(who)\(when); the first answer counts, and the agent has it")
        }
    }

    /// What its executor is told; nil while there is no answer.
    func answer(epoch: UInt64) -> ApprovalAnswer? {
        guard !isPending else { return nil }
        return ApprovalAnswer(
            task: attempt.task, attempt: attempt.attempt, request: request, epoch: epoch,
            decision: state == .allowed ? .allow : .deny, scope: scope ?? .once, message: message)
    }

    /// As its owner sees it.
    var view: ApprovalView {
        ApprovalView(
            id: id, task: attempt.task, attempt: attempt.attempt, conversation: conversation, device: device,
            deviceName: deviceName, tool: tool, title: title, input: input, rule: rule, state: state, scope: scope,
            message: message, requestedAt: requestedAt, expiresAt: expiresAt, resolvedAt: resolvedAt,
            resolvedBy: resolvedBy)
    }
}
