import Logging
import Messages

/// Permission requests on their way to a person, and the answers on their way back.
extension ExecutorService {
    // MARK: Asked

    /// An agent asks for permission and waits. Answered at once where a person has allowed it for the conversation,
    /// where nobody can answer any more, and where too many wait already.
    func ask(_ wish: PermissionWish, of id: AttemptID, reply: @escaping Approvals.Reply) async {
        guard let attempt = running[id], attempt.stop == nil else { return await reply(.deny("the task is ending")) }
        if PermissionRules.cover(wish, parts.rules.allowed(in: attempt.conversation)) {
            await say(
                "notice", "\(wish.title) was allowed for this conversation before: \(wish.rule ?? wish.tool)", id)
            return await reply(standing(.allow(rules: wish.rules), id))
        }
        if let fault = refusal(of: wish, id) {
            await say("warning", "\(wish.tool) was denied: \(fault)", id)
            return await reply(.deny(fault))
        }
        // The log events above suspend; the attempt may have ended meanwhile, and its requests were closed.
        guard running[id]?.stop == nil, running[id] != nil else { return await reply(.deny("the task is ending")) }
        let request = ApprovalRequest(
            task: id.task, attempt: id.attempt, request: wish.request, after: outbox[id]?.last ?? 0, tool: wish.tool,
            title: wish.line, input: ApprovalInput.cut(wish.input), rule: wish.rule, requestedAt: .now())
        guard approvals.ask(request, rules: wish.offered, now: .now, reply: reply) else { return }
        logger.info("an agent asks for permission", metadata: ["task": "\(id.task)", "tool": "\(wish.tool)"])
        if session.phase == .up { send(request) }
    }

    private func refusal(of wish: PermissionWish, _ id: AttemptID) -> String? {
        if approvals.count(of: id) >= Limits.openApprovals {
            return
                "\(Limits.openApprovals) requests of this task wait for an answer already; ask again when they have one"
        }
        guard Limits.fits(wish.request, Limits.approvalName), Limits.fits(wish.tool, Limits.approvalName) else {
            return "the names of a request and of its tool have 1 to 200 characters"
        }
        return nil
    }

    /// The agent does not wait for an answer any more.
    func withdraw(_ request: String, of id: AttemptID) {
        if let closed = approvals.withdraw(Approvals.Key(attempt: id, request: request)) { sayClosed([closed]) }
    }

    /// An attempt is to end: nobody of it waits any more.
    func closeApprovals(of id: AttemptID) { sayClosed(approvals.close(id)) }

    // MARK: Said

    /// First thing in a new session, whose leader knows nothing of what waits.
    func resumeApprovals() {
        let (open, closed) = approvals.resume(.now)
        for request in open { send(request) }
        for request in closed { send(request) }
    }

    /// Says again what nobody has recorded.
    func repeatApprovals() {
        guard session.phase == .up, !approvals.isEmpty else { return }
        for request in approvals.due(.now, pace: parts.times.asking) { send(request) }
    }

    private func sayClosed(_ closed: [ApprovalClosed]) {
        guard session.phase == .up else { return }
        for request in closed { send(request) }
    }

    private func say(_ level: String, _ message: String, _ id: AttemptID) async {
        await emit([.log(level, message, source: "executor")], of: id)
    }

    // MARK: Answered

    /// A leader has it on disk.
    func recorded(_ message: ApprovalRecorded) {
        leaderHeard = .now
        let id = AttemptID(task: message.task, attempt: message.attempt)
        approvals.recorded(Approvals.Key(attempt: id, request: message.request))
    }

    /// A leader has an answer. The first one is given to the agent; whatever comes after it is told that nobody waits.
    func answer(_ message: ApprovalAnswer) {
        guard accepts(epoch: message.epoch, "approval.answer", message.task) else { return }
        leaderHeard = .now
        let id = AttemptID(task: message.task, attempt: message.attempt)
        let closed = ApprovalClosed(task: message.task, attempt: message.attempt, request: message.request)
        guard let open = approvals.answer(Approvals.Key(attempt: id, request: message.request)) else {
            return sayClosed([closed])
        }
        Task {
            let verdict = await self.verdict(on: open, message, id)
            await open.reply(self.standing(verdict, id))
            self.sayClosed([closed])
        }
    }

    /// A verdict as it stands now: a stop may have come while something was said, and nothing is allowed after it.
    private func standing(_ verdict: PermissionVerdict, _ id: AttemptID) -> PermissionVerdict {
        guard case .allow = verdict else { return verdict }
        guard let attempt = running[id], attempt.stop == nil else { return .deny("the task is ending") }
        return verdict
    }

    /// What the agent is told. What is to hold for the conversation is kept before it is used.
    private func verdict(on open: Approvals.Open, _ answer: ApprovalAnswer, _ id: AttemptID) async -> PermissionVerdict
    {
        guard answer.decision == .allow else {
            return .deny(answer.message.flatMap { $0.isEmpty ? nil : $0 } ?? "the person who was asked said no")
        }
        guard answer.scope == .conversation, let conversation = running[id]?.conversation else { return .allow() }
        guard !open.rules.isEmpty else {
            await say("notice", "\(open.request.title) was allowed once: this is asked each time", id)
            return .allow()
        }
        do { try parts.rules.allow(open.rules, in: conversation) } catch {
            await say("warning", "\(open.request.title) was allowed once, not for the conversation: \(error)", id)
            return .allow()
        }
        return .allow(rules: open.rules)
    }
}
