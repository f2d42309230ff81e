import HTTPTypes
import Hummingbird
import Messages

/// Answers plain HTTP at the WebSockets' paths. An admitted upgrade never comes here (``UpgradeGate``); a refused one
/// does, and gets the usual answers: a missing or invalid token, or this refusal.
struct SocketRoutes: Sendable {
    var routes: [Endpoint] {
        [
            Endpoint(.get, "/executor", handler: refuse),
            // The token comes in the first message: a browser cannot set a header field of an upgrade.
            Endpoint(.get, "/ws", guarded: false, handler: refuse),
        ]
    }

    @Sendable private func refuse(_ request: Request, _ context: GatewayContext) throws -> Response {
        var problem = Problem(
            .invalidRequest, "this path accepts only WebSocket upgrades (RFC 6455, version 13)",
            status: .upgradeRequired)
        problem.fields[.upgrade] = "websocket"
        problem.fields[.connection] = "upgrade"
        problem.fields[.secWebSocketVersion] = "13"
        throw problem
    }
}
