import HTTPTypes
import Hummingbird

/// One route: a method and a path. The router is made of these, and a test holds `docs/api.md` against them.
struct Endpoint: Sendable {
    typealias Handler = @Sendable (Request, GatewayContext) async throws -> Response

    var method: HTTPRequest.Method
    /// With parameters as `{name}`.
    var path: String
    /// Whether it needs a token.
    var isGuarded: Bool
    /// Whether it is answered while the gateway drains. Its path has no parameters then.
    var isAnsweredInDrain: Bool
    var handler: Handler

    init(
        _ method: HTTPRequest.Method, _ path: String, guarded: Bool = true, inDrain: Bool = false,
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        isGuarded = guarded
        isAnsweredInDrain = inDrain
        self.handler = handler
    }
}
