import Hummingbird
import Messages

/// `GET /approvals`, `POST /tasks/{task}/approvals/{approval}`.
struct ApprovalRoutes: Sendable {
    let directory: MeshDirectory
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
        let asked = ApprovalList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.id("before"), states: states, task: try query.id("task"))
        let page = try await directory.ask(asked, owner: asked.owner, trace: context.trace)
        return .json(
            PageBody(
                items: page.approvals.map(ApprovalBody.init), next: page.next?.description, total: page.total))
    }

    @Sendable private func decide(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let task: TaskID = try context.id("task", missing: .taskNotFound)
        let approval: ApprovalID = try context.id("approval", missing: .approvalNotFound)
        let asked = try await request.json(ApprovalRequestBody.self, limit: GatewayLimits.textBody)
        try await Problem.unprocessable { try asked.check() }
        let decide = ApprovalDecide(
            // Minted before the first try: asked again of another leader it is the same answer, not the second one. Nor is
            // what a client says again.
            owner: try context.owner, task: task, approval: approval, answer: asked.answer ?? .generate(),
            decision: asked.decision,
            // Only what is allowed holds for longer.
            scope: asked.decision == .allow ? asked.scope ?? .once : .once, message: asked.message,
            by: try await signature(context))
        let view = try await directory.ask(decide, owner: decide.owner, trace: context.trace)
        context.logger.notice(
            "approval answered",
            metadata: ["task": "\(task)", "approval": "\(approval)", "decision": "\(asked.decision)"])
        return .json(ApprovalBody(view))
    }

    /// Who answers, for whoever comes second: the account, and which of its tokens.
    private func signature(_ context: GatewayContext) async throws -> String {
        guard let claims = context.claims else { throw Fault(.tokenMissing, BearerGuard.missing) }
        let name = try await accounts.userName(claims.sub)
        return try await accounts.tokenName(claims.jti).map { "\(name) (\($0))" } ?? name
    }
}
