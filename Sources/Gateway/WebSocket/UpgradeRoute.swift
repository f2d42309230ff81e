import Messages
import NIOCore
import NIOHTTP1

/// What a WebSocket becomes.
struct UpgradeAdmission: Sendable {
    /// The largest message that is taken, in bytes; nothing of a larger one is kept.
    var longestMessage: Int
    /// Installs its handlers, on the channel's event loop.
    var install: @Sendable (any Channel) throws -> Void
}

/// A path that can be upgraded to a WebSocket.
struct UpgradeRoute: Sendable {
    var path: String
    /// Looks at the request; nil = refused, and plain HTTP's route of the same path says why.
    var admit: @Sendable (HTTPRequestHead) async -> UpgradeAdmission?
}

extension UpgradeRoute {
    /// The same path, where nobody is admitted any more once `isClosed`.
    func unless(_ isClosed: @escaping @Sendable () -> Bool) -> UpgradeRoute {
        UpgradeRoute(path: path) { [admit] head in
            guard !isClosed(), let admission = await admit(head) else { return nil }
            return isClosed() ? nil : admission
        }
    }

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
            return UpgradeAdmission(longestMessage: Limits.webSocketMessage) { try connect($0, claims) }
        }
    }

    /// `/ws`: a viewer, whose token comes in its first message. So whose page opened it does not matter: a page of
    /// another origin has no token to send, and none is sent for it as a cookie would be.
    static func viewer(_ connect: @escaping @Sendable (any Channel) throws -> Void) -> UpgradeRoute {
        UpgradeRoute(path: "/ws") { _ in
            UpgradeAdmission(longestMessage: GatewayLimits.viewerMessage, install: connect)
        }
    }
}
