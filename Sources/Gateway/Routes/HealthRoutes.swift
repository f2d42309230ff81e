import Hummingbird
import Messages

/// `GET /healthz`: whether this process answers.
struct HealthRoutes: Sendable {
    private struct Health: Encodable {
        var status = "ok"
        var version = Product.version
    }

    var routes: [Endpoint] {
        [Endpoint(.get, "/healthz", guarded: false) { _, _ in .json(Health()) }]
    }
}
