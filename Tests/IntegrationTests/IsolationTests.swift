import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    @Suite("Isolation of users")
    struct IsolationTests {
        @Test("A user cannot read or change anything of another user")
        func isolation() async throws {
            var options = Cluster.Options()
            options.bob = true
            try await Cluster.with(options) { cluster in
                let (ada, bob) = (cluster.api, cluster.bob)
                let task = try await cluster.run("echo private", agent: "shell")
                let id = try #require(task.task["id"].string)
                #expect(try await ada.call("PUT", "/devices/executor/default").status == 204)
                #expect(try await bob.devices().isEmpty)
                #expect(try await bob.call("GET", "/tasks").json["total"].int == 0)
                for (method, path, code) in [
                    ("GET", "/tasks/\(id)", "task_not_found"), ("POST", "/tasks/\(id)/cancel", "task_not_found"),
                    ("GET", "/tasks/\(id)/events", "task_not_found"),
                    ("PUT", "/devices/executor/default", "device_not_found"),
                    ("DELETE", "/devices/executor", "device_not_found"),
                ] {
                    let answer = try await bob.call(method, path)
                    #expect(
                        answer.status == 404 && answer.code == code,
                        "\(method) \(path): \(UnexpectedStatus(response: answer))")
                }
                let watching = bob.watch(id)
                await #expect(throws: UnexpectedStatus.self) { try await watching.end() }
                let foreign = try await bob.post("echo hello", target: "executor")
                #expect(foreign.status == 404 && foreign.code == "device_not_found")
                let untargeted = try await bob.post("echo hello")
                #expect(untargeted.status == 409 && untargeted.code == "target_required")
                let tokens = try await bob.call("GET", "/tokens").expect(200)["items"].items
                #expect(!tokens.contains { $0["name"].string == "executor" })
                let own = try await ada.call("GET", "/tokens").expect(200)["items"].items
                let token = try #require(own.first { $0["name"].string == "executor" }?["id"].string)
                #expect(try await bob.call("DELETE", "/tokens/\(token)").status == 404)

                // The same device id for two users: two independent devices.
                try await cluster.startExecutor(["--allow-shell", "--device-id", "executor"], part: "bobs", api: bob)
                #expect(try await bob.devices().map { $0["id"].string } == ["executor"])
                #expect(try await ada.device("executor")?["status"].string == "online")
                #expect(try await bob.device("executor")?["is_default"].bool == false)
                let adasTask = try await cluster.run("echo still works", agent: "shell")
                #expect(adasTask.state == "completed")
            }
        }
    }
}
