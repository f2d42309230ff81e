import HTTPTypes
import Hummingbird
import Messages

/// Lets only requests with a good token through, and tells the routes whose it is.
struct BearerGuard: RouterMiddleware {
    let verifier: TokenVerifier

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.claims = try await verifier.verify(Self.token(request.headers[.authorization]))
        return try await next(request, context)
    }

    /// The token of an `Authorization` field.
    /// - Throws: ``Fault`` `token_missing`.
    static func token(_ field: String?) throws -> String {
        let parts = (field ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Fault(.tokenMissing, missing) }
        let token = parts[1].trimmingPrefix(while: \.isWhitespace)
        guard !token.isEmpty else { throw Fault(.tokenMissing, missing) }
        return String(token)
    }

    static let missing =
        "this needs a token in the header 'Authorization: Bearer TOKEN'; \(TokenVerifier.remedy)"
}
