import Hummingbird
import Messages

/// `GET /healthz`: whether this process answers. `GET /readyz`: whether it should get requests.
struct HealthRoutes: Sendable {
    private struct Health: Encodable {
        var status = "ok"
        var version = Product.version
    }

    private struct Readiness: Encodable {
        var status: String
        /// The services that are not connected; only requests that need them fail.
        var missing: [String]
    }

    let accounts: Accounts
    let directory: ServiceDirectory
    let drain: Drain

    var routes: [Endpoint] {
        [
            Endpoint(.get, "/healthz", guarded: false, inDrain: true) { _, _ in .json(Health()) },
            Endpoint(.get, "/readyz", guarded: false, inDrain: true) { _, _ in await readiness() },
        ]
    }

    private func readiness() async -> Response {
        // A missing service does not make the gateway unready: all gateways would be taken out of service at once.
        let missing = directory.missing
        if drain.isOn { return .json(Readiness(status: "draining", missing: missing), status: .serviceUnavailable) }
        guard await accounts.isReadable(within: GatewayLimits.storeAnswer) else {
            return .json(Readiness(status: "storage_failed", missing: missing), status: .serviceUnavailable)
        }
        return .json(Readiness(status: missing.isEmpty ? "ready" : "degraded", missing: missing))
    }
}
