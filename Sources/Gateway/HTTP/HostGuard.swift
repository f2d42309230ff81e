import HTTPTypes
import Hummingbird
import Messages

/// Answers 400 to a request that does not name its host exactly once: a proxy before the gateway may have taken another one
/// of two. Only ``UpgradeGate`` sees the fields as they were sent; it marks such requests.
struct HostGuard: RouterMiddleware {
    /// The field that marks such a request. A client's own field of this name is removed.
    static let mark = "X-Wegent-Host-Refused"
    private static let field = HTTPField.Name.fixed(mark)

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        guard request.headers[Self.field] == nil else {
            throw Fault(.invalidRequest, "the request must have exactly one 'Host' field")
        }
        return try await next(request, context)
    }
}
