import Hummingbird
import Messages
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is known of a request besides itself.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The client's address, or that of the proxy before it: nothing that a client writes is believed.
    let address: String
    /// Ties its log lines together over all services.
    var trace: TraceID = .none
    /// Whose token it came with; nil on the open routes.
    var claims: TokenClaims?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? "local"
    }

    /// Whose data is asked for.
    /// - Throws: ``Fault`` `token_missing` on a route that was not guarded.
    var owner: UserID {
        get throws {
            guard let claims else { throw Fault(.tokenMissing, BearerGuard.missing) }
            return claims.sub
        }
    }

    /// A path parameter, decoded; nil when its percent signs do not encode UTF-8.
    func parameter(_ name: String) -> String? { parameters.get(name)?.removingPercentEncoding }

    /// An id in the path: one that is no UUID is nobody's, so it is answered like any other that is not there.
    /// - Throws: ``Fault`` of `code`.
    func id<Kind>(_ name: String, missing code: ErrorCode) throws -> Identifier<Kind> {
        let text = parameter(name)
        guard let id = text.flatMap({ Identifier<Kind>($0) }) else {
            throw Fault(code, "you have no \(name) with this id")
        }
        return id
    }
}
