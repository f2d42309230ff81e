import Messages
import NIOCore
import NIOHTTP1

/// The permission to upgrade a connection to a WebSocket.
struct UpgradeAdmission: Sendable {
    /// The largest message in bytes; nothing of a larger one is kept.
    var longestMessage: Int
    /// The largest one until a ``LongestMessage``.
    var firstMessage: Int
    /// Installs the WebSocket's handlers, on the channel's event loop. Returns what tells the rate that its client may send
    /// at, which is called there too.
    var install: @Sendable (any Channel) throws -> @Sendable () -> ReadBudget.Rate
}

/// A path that can be upgraded to a WebSocket.
struct UpgradeRoute: Sendable {
    var path: String
    /// Checks the request; nil = refused, and the HTTP route of the same path answers with the reason.
    var admit: @Sendable (HTTPRequestHead) async -> UpgradeAdmission?
}

extension UpgradeRoute {
    /// The same route, which admits no request once `isClosed`.
    func unless(_ isClosed: @escaping @Sendable () -> Bool) -> UpgradeRoute {
        UpgradeRoute(path: path) { [admit] head in
            guard !isClosed(), let admission = await admit(head) else { return nil }
            return isClosed() ? nil : admission
        }
    }

    /// `/executor`: an executor with a valid token.
    static func executor(
        _ connect: @escaping @Sendable (any Channel, TokenClaims) throws -> @Sendable () -> ReadBudget.Rate,
        verifier: TokenVerifier
    ) -> UpgradeRoute {
        UpgradeRoute(path: "/executor") { head in
            guard let token = try? BearerGuard.token(head.headers.first(name: "authorization")),
                let claims = try? await verifier.verify(token)
            else { return nil }
            return UpgradeAdmission(
                longestMessage: Limits.webSocketMessage, firstMessage: GatewayLimits.unregisteredMessage
            ) { try connect($0, claims) }
        }
    }

    /// `/ws`: a viewer, whose token comes in its first message. Its origin is not checked: a page of another origin has
    /// no token, and the browser adds none as it would add a cookie.
    static func viewer(
        _ connect: @escaping @Sendable (any Channel) throws -> @Sendable () -> ReadBudget.Rate
    ) -> UpgradeRoute {
        UpgradeRoute(path: "/ws") { _ in
            UpgradeAdmission(
                longestMessage: GatewayLimits.viewerMessage, firstMessage: GatewayLimits.viewerMessage, install: connect
            )
        }
    }
}
