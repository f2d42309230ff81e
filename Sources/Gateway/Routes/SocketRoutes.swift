import HTTPTypes
import Hummingbird
import Messages

/// What plain HTTP gets at the WebSockets' paths. The WebSocket itself never comes here (``UpgradeGate``), but a
/// refused one does, for the same answers as everybody else: no token, a bad one, or this.
struct SocketRoutes: Sendable {
    var routes: [Endpoint] {
        [
            Endpoint(.get, "/executor", handler: refuse),
            // The token comes in the first message: a browser cannot send it before.
            Endpoint(.get, "/ws", guarded: false, handler: refuse),
        ]
    }

    @Sendable private func refuse(_ request: Request, _ context: GatewayContext) throws -> Response {
        var problem = Problem(
            .invalidRequest, "this path speaks WebSocket (RFC 6455, version 13) only", status: .upgradeRequired)
        problem.fields[.upgrade] = "websocket"
        problem.fields[.connection] = "upgrade"
        problem.fields[.secWebSocketVersion] = "13"
        throw problem
    }
}
