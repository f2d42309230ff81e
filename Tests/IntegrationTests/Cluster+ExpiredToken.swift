import TestCluster
import TestSupport

@testable import Gateway

extension Cluster {
    /// A token of the first user that the gateway signed and whose time is over.
    func expiredToken() async throws -> String {
        let accounts = try await Accounts.open(dataDirectory: data("gateway"))
        guard let ada = try await accounts.users().first(where: { $0.name == "ada" }) else { return "" }
        let token = try await accounts.issue(owner: ada.id, name: "old", days: -1).token
        await accounts.close()
        return token
    }
}
