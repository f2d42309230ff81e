import Hummingbird
import Messages

/// `GET /approvals`, `POST /tasks/{task}/approvals/{approval}`.
struct ApprovalRoutes: Sendable {
    let client: LeaderClient
    let accounts: Accounts

    var routes: [Endpoint] {
        [
            Endpoint(.get, "/approvals", handler: list),
            Endpoint(.post, "/tasks/{task}/approvals/{approval}", handler: decide),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = try Query(request, known: ["state", "task", "limit", "before"])
        var states: [ApprovalState] = []
        if query.text("state") != "all" {
            states = try query.names("state", of: ApprovalState.all)
            if states.isEmpty { states = [.pending] }
        }
        let list = ApprovalList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.id("before"), states: states, task: try query.id("task"))
        let page = try await client.askLeader(of: list.owner, list, trace: context.trace)
        return .json(
            PageBody(
                items: page.approvals.map(ApprovalBody.init), next: page.next?.description, total: page.total))
    }

    @Sendable private func decide(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let task: TaskID = try context.id("task", missing: .taskNotFound)
        let approval: ApprovalID = try context.id("approval", missing: .approvalNotFound)
        let body = try await request.json(ApprovalRequestBody.self, limit: GatewayLimits.answerBody)
        try await Problem.unprocessable { try body.check() }
        let decide = ApprovalDecide(
            // Generated before the first attempt, so that a retry at another leader is the same answer. A client that
            // repeats its answer passes its own id.
            owner: try context.owner, task: task, approval: approval, answer: body.answer ?? .generate(),
            // The dispatcher derives it from these two.
            decision: body.updatedInput != nil || body.answers != nil ? nil : body.decision,
            // Only an allow can hold for longer than once.
            scope: body.decision == .deny ? .once : body.scope ?? .once, message: body.message, option: body.option,
            input: body.updatedInput, answers: body.answers, by: try await signature(context))
        // What the request does not offer only the dispatcher knows.
        let view = try await Problem.unprocessable {
            try await client.askLeader(of: decide.owner, decide, trace: context.trace)
        }
        context.logger.notice(
            "approval answered",
            metadata: ["task": "\(task)", "approval": "\(approval)", "decision": "\(view.state)"])
        return .json(ApprovalBody(view))
    }

    /// The account and the token's name, for the refusals of later answers.
    private func signature(_ context: GatewayContext) async throws -> String {
        guard let claims = context.claims else { throw TokenVerifier.missingToken }
        let name = try await accounts.userName(claims.sub)
        return try await accounts.tokenName(claims.jti).map { "\(name) (\($0))" } ?? name
    }
}
