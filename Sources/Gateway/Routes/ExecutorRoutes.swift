import HTTPTypes
import Hummingbird
import Messages

/// What plain HTTP gets at the WebSocket's path. The WebSocket itself never comes here (``UpgradeGate``), but a
/// refused one does, for the same answers as everybody else: no token, a bad one, or this.
struct ExecutorRoutes: Sendable {
    var routes: [Endpoint] {
        [
            Endpoint(.get, "/executor") { _, _ in
                var problem = Problem(
                    .invalidRequest, "this path speaks WebSocket (RFC 6455, version 13) only",
                    status: .upgradeRequired)
                problem.fields[.upgrade] = "websocket"
                problem.fields[.connection] = "upgrade"
                problem.fields[.secWebSocketVersion] = "13"
                throw problem
            }
        ]
    }
}
