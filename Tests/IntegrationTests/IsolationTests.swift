import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    struct IsolationTests {
        @Test func `A user sees and reaches nothing of another`() async throws {
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
                        answer.status == 404 && answer.code == code, "\(method) \(path): \(Refusal(answer: answer))")
                }
                let watching = bob.watch(id)
                await #expect(throws: Refusal.self) { try await watching.end() }
                let there = try await bob.post("echo hello", target: "executor")
                #expect(there.status == 404 && there.code == "device_not_found")
                let nowhere = try await bob.post("echo hello")
                #expect(nowhere.status == 409 && nowhere.code == "target_required")
                let tokens = try await bob.call("GET", "/tokens").expect(200)["items"].items
                #expect(!tokens.contains { $0["name"].string == "executor" })
                let own = try await ada.call("GET", "/tokens").expect(200)["items"].items
                let token = try #require(own.first { $0["name"].string == "executor" }?["id"].string)
                #expect(try await bob.call("DELETE", "/tokens/\(token)").status == 404)

                // One machine id, two people: two devices that do not touch each other.
                try await cluster.startExecutor(["--allow-shell", "--device-id", "executor"], part: "bobs", api: bob)
                #expect(try await bob.devices().map { $0["id"].string } == ["executor"])
                #expect(try await ada.device("executor")?["status"].string == "online")
                #expect(try await bob.device("executor")?["is_default"].bool == false)
                let hers = try await cluster.run("echo still hers", agent: "shell")
                #expect(hers.state == "completed")
            }
        }
    }
}
