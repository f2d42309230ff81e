import Logging
import Messages

/// The agents' permission requests on their way to a person, and the approvals on their way back.
///
/// A value that decides; its owner sends, logs and replies. Part of the executor's actor.
struct ApprovalDesk {
    /// A sentence for the task's viewers.
    struct Note: Equatable, Sendable {
        var level: String
        var message: String
    }

    /// The result of a permission request.
    enum Admission {
        /// It waits for a person; send it.
        case open(ApprovalRequest)
        /// It is decided without a person.
        case decided(PermissionDecision, Note)
        /// It is open already.
        case repeated
    }

    /// A person's approval for the agent that waits for it.
    struct Answered {
        var decision: PermissionDecision
        var note: Note?
        var reply: OpenRequests.Reply
    }

    private var requests = OpenRequests()
    private let rules: PermissionRules

    init(rules: PermissionRules) { self.rules = rules }

    // MARK: Requests

    /// Admits an agent's request. It is decided at once where a person has allowed it for the conversation, and where too
    /// many are open already.
    /// - Parameter seq: the attempt's last event, behind which viewers show the request.
    mutating func ask(
        _ request: PermissionRequest, of id: AttemptID, in conversation: ConversationID?, after seq: UInt64,
        reply: @escaping OpenRequests.Reply
    ) -> Admission {
        if let conversation, PermissionRules.cover(request, rules.allowed(in: conversation)) {
            return .decided(
                .allow(rules: request.rules),
                Note(
                    level: "notice",
                    message:
                        "\(request.title) was allowed for this conversation before: \(request.rule ?? request.tool)"
                ))
        }
        if let why = refusal(of: request, id) {
            return .decided(.deny(why), Note(level: "warning", message: "\(request.tool) was denied: \(why)"))
        }
        let input = PermissionInput.cut(request.input)
        let message = ApprovalRequest(
            task: id.task, attempt: id.attempt, request: request.request, after: seq, tool: request.tool,
            title: request.line, input: input, inputCut: input == request.input ? nil : true, rule: request.rule,
            options: request.options, questions: request.questions, requestedAt: .now())
        return requests.ask(message, rules: request.offered, now: .now, reply: reply) ? .open(message) : .repeated
    }

    private func refusal(of request: PermissionRequest, _ id: AttemptID) -> String? {
        if requests.count(of: id) >= Limits.openApprovals {
            return "\(Limits.openApprovals) permission requests of this task are open already; ask again when one is "
                + "answered"
        }
        guard Limits.fits(request.request, Limits.approvalName), Limits.fits(request.tool, Limits.approvalName) else {
            return "the names of a permission request and of its tool have 1 to 200 characters"
        }
        return nil
    }

    /// The agent no longer waits for an answer.
    mutating func withdraw(_ request: String, of id: AttemptID) -> ApprovalClosed? {
        requests.withdraw(OpenRequests.Key(attempt: id, request: request))
    }

    /// Closes every open request of an attempt.
    mutating func close(_ id: AttemptID) -> [ApprovalClosed] { requests.close(id) }

    /// Forgets the closed requests of an attempt that has ended.
    mutating func forget(_ id: AttemptID) { requests.forget(id) }

    /// Everything to send first in a new session: its dispatcher has no requests yet.
    mutating func resume() -> (open: [ApprovalRequest], closed: [ApprovalClosed]) { requests.resume(.now) }

    /// Requests that no dispatcher has recorded for `seconds`, to be sent again.
    mutating func due(after seconds: Double) -> [ApprovalRequest] {
        requests.isEmpty ? [] : requests.due(.now, pace: seconds)
    }

    /// A dispatcher has the request on disk.
    mutating func recorded(_ message: ApprovalRecorded) {
        let id = AttemptID(task: message.task, attempt: message.attempt)
        requests.recorded(OpenRequests.Key(attempt: id, request: message.request))
    }

    // MARK: Approvals

    /// Takes a person's approval. The first one counts. An approval for the conversation is stored before it is used.
    /// - Returns: nil where the request is not open.
    mutating func answer(_ message: ApprovalAnswer, in conversation: ConversationID?) -> Answered? {
        let id = AttemptID(task: message.task, attempt: message.attempt)
        guard let open = requests.answer(OpenRequests.Key(attempt: id, request: message.request)) else { return nil }
        let (decision, note) = decision(on: open, message, conversation)
        return Answered(decision: decision, note: note, reply: open.reply)
    }

    private func decision(
        on open: OpenRequests.Open, _ answer: ApprovalAnswer, _ conversation: ConversationID?
    ) -> (PermissionDecision, Note?) {
        guard answer.decision == .allow else {
            let reason = answer.message.flatMap { $0.isEmpty ? nil : $0 } ?? "the user denied it"
            return (.deny(reason, option: answer.option), nil)
        }
        if let complaint = complaint(answer, open) {
            return (.deny(complaint), Note(level: "error", message: "\(open.request.title) was denied: \(complaint)"))
        }
        let added = PermissionAnswer(option: answer.option, input: answer.input, answers: answer.answers ?? [:])
        // What a person has edited is not what later requests ask for.
        guard answer.scope == .conversation, added.input == nil, let conversation else {
            return (.allow(answer: added), nil)
        }
        let title = open.request.title
        guard !open.rules.isEmpty else {
            return (
                .allow(answer: added),
                Note(level: "notice", message: "\(title) was allowed once: permission for it is asked each time")
            )
        }
        do { try rules.allow(open.rules, in: conversation) } catch {
            return (
                .allow(answer: added),
                Note(level: "warning", message: "\(title) was allowed once, not for the conversation: \(error)")
            )
        }
        return (.allow(rules: open.rules, answer: added), nil)
    }

    /// Why an `allow` cannot be used; nil = it can. The dispatcher has checked it, but is not trusted with what runs here.
    private func complaint(_ answer: ApprovalAnswer, _ open: OpenRequests.Open) -> String? {
        if let input = answer.input {
            guard case .object = input else { return "the edited input is not a JSON object" }
            if open.request.inputCut == true { return "its input was cut, so it cannot be edited" }
        }
        guard let answers = answer.answers else { return nil }
        do { try AgentQuestion.check(answers, to: open.request.questions ?? []) } catch { return "\(error)" }
        return nil
    }
}
