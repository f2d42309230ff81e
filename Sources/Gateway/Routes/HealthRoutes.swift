import GRDB
import Hummingbird
import Messages
import Storage

/// `GET /healthz`: whether this process answers. `GET /readyz`: whether it should be sent requests.
struct HealthRoutes: Sendable {
    /// What is answered to the end.
    static let paths: Set<String> = ["/healthz", "/readyz"]

    private struct Health: Encodable {
        var status = "ok"
        var version = Product.version
    }

    private struct Readiness: Encodable {
        var status: String
        /// What else is missing; requests that need it wait and fail, all others are answered.
        var missing: [String]
    }

    let accounts: Accounts
    let directory: MeshDirectory
    let drain: Drain

    var routes: [Endpoint] {
        [
            Endpoint(.get, "/healthz", guarded: false) { _, _ in .json(Health()) },
            Endpoint(.get, "/readyz", guarded: false) { _, _ in await readiness() },
        ]
    }

    private func readiness() async -> Response {
        // A gateway that is taken out because others are missing would take every gateway out at once.
        let missing = directory.missing
        if drain.isOn { return .json(Readiness(status: "draining", missing: missing), status: .serviceUnavailable) }
        guard await accounts.isReadable(within: GatewayLimits.storeAnswer) else {
            return .json(Readiness(status: "storage_failed", missing: missing), status: .serviceUnavailable)
        }
        return .json(Readiness(status: missing.isEmpty ? "ready" : "degraded", missing: missing))
    }
}

extension Accounts {
    /// Whether `gateway.db` answers in time.
    func isReadable(within limit: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [store] in
                (try? await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM users") }) != nil
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}
