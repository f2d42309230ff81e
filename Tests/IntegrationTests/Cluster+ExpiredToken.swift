import TestCluster
import TestSupport

@testable import Gateway

extension Cluster {
    /// Returns an expired token of the first user, signed by the gateway.
    func expiredToken() async throws -> String {
        let accounts = try await Accounts.open(dataDirectory: data("gateway"))
        guard let ada = try await accounts.users().first(where: { $0.name == "ada" }) else { return "" }
        let token = try await accounts.issue(owner: ada.id, name: "old", days: -1).token
        await accounts.close()
        return token
    }
}
