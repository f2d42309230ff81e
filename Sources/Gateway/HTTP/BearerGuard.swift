import HTTPTypes
import Hummingbird
import Messages

/// Admits only requests with a valid token, and puts its claims into their context.
struct BearerGuard: RouterMiddleware {
    let verifier: TokenVerifier

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.claims = try await verifier.verify(Self.token(request.headers[.authorization]))
        return try await next(request, context)
    }

    /// Returns the token of an `Authorization` field.
    /// - Throws: ``Fault`` `token_missing`.
    static func token(_ field: String?) throws -> String {
        let parts = (field ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw TokenVerifier.missingToken }
        let token = parts[1].trimmingPrefix(while: \.isWhitespace)
        guard !token.isEmpty else { throw TokenVerifier.missingToken }
        return String(token)
    }
}
