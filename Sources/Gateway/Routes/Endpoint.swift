import HTTPTypes
import Hummingbird

/// One thing that can be asked for over HTTP: the table of routes is made of these, and `docs/api.md` is held against it.
struct Endpoint: Sendable {
    typealias Handler = @Sendable (Request, GatewayContext) async throws -> Response

    var method: HTTPRequest.Method
    /// With parameters as `{name}`.
    var path: String
    /// Whether a token is needed.
    var guarded: Bool
    var handler: Handler

    init(_ method: HTTPRequest.Method, _ path: String, guarded: Bool = true, handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.guarded = guarded
        self.handler = handler
    }
}
