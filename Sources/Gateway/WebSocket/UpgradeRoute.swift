import Messages
import NIOCore
import NIOHTTP1

/// What a WebSocket becomes: installs its handlers, on the channel's event loop.
typealias UpgradeAdmission = @Sendable (any Channel) throws -> Void

/// A path that can be upgraded to a WebSocket.
struct UpgradeRoute: Sendable {
    var path: String
    /// Looks at the request; nil = refused, and plain HTTP's route of the same path says why.
    var admit: @Sendable (HTTPRequestHead) async -> UpgradeAdmission?
}

extension UpgradeRoute {
    /// `/executor`: an executor with a good token.
    static func executor(
        _ connect: @escaping @Sendable (any Channel, TokenClaims) throws -> Void, verifier: TokenVerifier
    )
        -> UpgradeRoute
    {
        UpgradeRoute(path: "/executor") { head in
            guard let token = try? BearerGuard.token(head.headers.first(name: "authorization")),
                let claims = try? await verifier.verify(token)
            else { return nil }
            return { channel in try connect(channel, claims) }
        }
    }
}
