import Hummingbird
import Messages
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the gateway knows about a request beside the request itself.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's address: the client's, or that of a proxy before it. Header fields are not trusted.
    let address: String
    /// Connects the request's log lines over all services.
    var trace: TraceID = .none
    /// The claims of the request's token; nil on routes without a guard.
    var claims: TokenClaims?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? "local"
    }

    /// The user of the request's token.
    /// - Throws: ``Fault`` `token_missing` on a route that was not guarded.
    var owner: UserID {
        get throws {
            guard let claims else { throw TokenVerifier.missingToken }
            return claims.sub
        }
    }

    /// Returns a path parameter, decoded; nil when its percent-encoding is not valid UTF-8.
    func parameter(_ name: String) -> String? { parameters.get(name)?.removingPercentEncoding }

    /// Returns an id in the path. One that is not a UUID is answered like an unknown id.
    /// - Throws: ``Fault`` of `code`.
    func id<Kind>(_ name: String, missing code: ErrorCode) throws -> Identifier<Kind> {
        let text = parameter(name)
        guard let id = text.flatMap({ Identifier<Kind>($0) }) else {
            throw Fault(code, "you have no \(name) with this id")
        }
        return id
    }
}
