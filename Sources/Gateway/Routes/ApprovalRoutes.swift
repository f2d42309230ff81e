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
        let asked = ApprovalList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.id("before"), states: states, task: try query.id("task"))
        let page = try await client.askLeader(of: asked.owner, asked, trace: context.trace)
        return .json(PageJSON(items: page.approvals.map(ApprovalJSON.init), next: page.next, total: page.total))
    }

    private struct Asked: Decodable {
        var decision: ApprovalDecision
        var scope: ApprovalScope?
        var message: String?
        var answer: AnswerID?

        enum CodingKeys: String, CodingKey {
            case decision, scope, message
            case answer = "answer_id"
        }
    }

    @Sendable private func decide(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let task: TaskID = try context.id("task", missing: .taskNotFound)
        let approval: ApprovalID = try context.id("approval", missing: .approvalNotFound)
        let asked = try await request.json(Asked.self, limit: GatewayLimits.textBody)
        try Self.check(asked)
        let decide = ApprovalDecide(
            // Generated before the first attempt, so that a retry at another leader is the same answer. A client that
            // repeats its answer passes its own id.
            owner: try context.owner, task: task, approval: approval, answer: asked.answer ?? .generate(),
            decision: asked.decision,
            // Only an allow can hold for longer than once.
            scope: asked.decision == .allow ? asked.scope ?? .once : .once, message: asked.message,
            by: try await signature(context))
        let view = try await client.askLeader(of: decide.owner, decide, trace: context.trace)
        context.logger.notice(
            "approval answered",
            metadata: ["task": "\(task)", "approval": "\(approval)", "decision": "\(asked.decision)"])
        return .json(ApprovalJSON(view))
    }

    /// The account and the token's name, for the refusals of later answers.
    private func signature(_ context: GatewayContext) async throws -> String {
        guard let claims = context.claims else { throw TokenVerifier.missingToken }
        let name = try await accounts.userName(claims.sub)
        return try await accounts.tokenName(claims.jti).map { "\(name) (\($0))" } ?? name
    }

    private static func check(_ asked: Asked) throws {
        guard ApprovalDecision.all.contains(asked.decision) else {
            throw Problem.unprocessable("'decision' must be allow or deny")
        }
        if let scope = asked.scope, !ApprovalScope.all.contains(scope) {
            throw Problem.unprocessable("'scope' must be once or conversation")
        }
        if let message = asked.message, message.count > GatewayLimits.approvalMessage {
            throw Problem.unprocessable("'message' must have at most \(GatewayLimits.approvalMessage) characters")
        }
    }
}
