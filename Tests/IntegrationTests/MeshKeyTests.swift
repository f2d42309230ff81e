import Foundation
import Logging
import Mesh
import Messages
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// The services as processes over `tcp` with keys, as on several machines.
    @Suite("The mesh over tcp with keys")
    struct MeshKeyTests {
        /// Dials the cluster's registry with a key, in a role.
        private func dial(
            _ cluster: Cluster, key: String, allow: String, as role: ServiceRole,
            _ body: (Link) async throws -> Void
        ) async throws {
            let logger = Logger(label: "attack") { _ in SwiftLogNoOpLogHandler() }
            let security = try MeshSecurity.load(
                key: key, allow: allow, plain: .nowhere, role: .gateway, logger: logger)
            let reactor = Reactor(name: "attack", security: security)
            let endpoint = cluster.service("registry")?.ready["endpoint"].string ?? ""
            let link = Link(
                endpoint, to: .registry, identity: Identity(role: role, name: "attack"), handlers: Handlers(),
                reactor: reactor, logger: logger)
            let result: Result<Void, any Error>
            do { result = .success(try await body(link)) } catch { result = .failure(error) }
            await reactor.shutdown()
            try result.get()
        }

        @Test("A task runs over tcp with keys; a stranger and a gateway that claims to be a dispatcher get nothing")
        func attack() async throws {
            var options = Cluster.Options()
            options.keys = true
            try await Cluster.with(options) { cluster in
                let task = try await cluster.api.submit("echo through", target: "executor")
                let end = try await cluster.api.end(of: try #require(task["id"].string))
                #expect(end.state == "completed")

                let allow = cluster.directory.file("keys/allow")
                let gateway = cluster.directory.file("keys/gateway.key")
                try await dial(cluster, key: gateway, allow: allow, as: .dispatcher) { link in
                    let list = DeviceList(owner: .generate())
                    let fault = await #expect(throws: Fault.self) { try await link.request(list) }
                    #expect(fault?.code == .roleNotAllowed)
                }
                let stranger = try MeshKeyPair.generate().write(
                    to: cluster.directory.path, name: "stranger", role: .gateway)
                try await dial(cluster, key: stranger.key, allow: allow, as: .gateway) { link in
                    let list = DeviceList(owner: .generate())
                    let fault = await #expect(throws: Fault.self) { try await link.request(list) }
                    #expect(fault?.code == .roleNotAllowed)
                }
                let log = try #require(cluster.service("registry")).process.stderr.text
                #expect(log.contains("reason=key") && log.contains("reason=role"))

                let again = try await cluster.api.submit("echo still", target: "executor")
                #expect(try await cluster.api.end(of: try #require(again["id"].string)).state == "completed")
            }
        }
    }
}
