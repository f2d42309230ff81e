import Hummingbird
import Messages

/// `POST /tokens`, `GET /tokens`, `DELETE /tokens/{token}`.
struct TokenRoutes: Sendable {
    let accounts: Accounts

    var routes: [Endpoint] {
        [
            Endpoint(.post, "/tokens", handler: create), Endpoint(.get, "/tokens", handler: list),
            Endpoint(.delete, "/tokens/{token}", handler: revoke),
        ]
    }

    @Sendable private func create(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let asked = try await request.json(TokenRequestBody.self)
        let days = asked.days ?? TokenLimits.days.upperBound
        guard TokenLimits.days.contains(days) else {
            throw Problem(.invalidRequest, "'expires_in_days' must be from 1 to 7", status: .unprocessableContent)
        }
        let name = asked.name ?? "token"
        guard (1...100).contains(name.count) else {
            throw Problem(.invalidRequest, "'name' must have 1 to 100 characters", status: .unprocessableContent)
        }
        let issued = try await accounts.issue(owner: context.owner, name: name, days: days)
        context.logger.notice("token made", metadata: ["token": "\(issued.record.id)"])
        return .json(issued.body, status: .created)
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let records = try await accounts.tokens(of: context.owner)
        return .json(ListBody(records.map(\.body)))
    }

    @Sendable private func revoke(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let token: TokenID = try context.id("token", missing: .tokenNotFound)
        try await accounts.revoke(token, of: context.owner)
        context.logger.notice("token revoked", metadata: ["token": "\(token)"])
        return .noContent
    }
}
