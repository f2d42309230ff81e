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
        let body = try await request.json(TokenRequestBody.self)
        let days = body.days ?? TokenLimits.days.upperBound
        guard TokenLimits.days.contains(days) else {
            throw Problem.unprocessable("'expires_in_days' must be from 1 to 7")
        }
        let name = body.name ?? "token"
        guard Limits.fits(name, 1...100) else {
            throw Problem.unprocessable("'name' must have 1 to 100 characters, and at most 400 bytes")
        }
        let issued = try await accounts.issue(owner: context.owner, name: name, days: days)
        context.logger.notice("token issued", metadata: ["token": "\(issued.record.id)"])
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
