import Faults
import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// The online status of devices, with executors that are frozen, cloned and kept busy.
    @Suite("Presence of devices", .serialized)
    struct PresenceTests {
        private func with(_ flags: [String: [String]] = [:], _ body: (Cluster) async throws -> Void) async throws {
            var options = Cluster.Options()
            options.proxied = true
            options.flags = ["gateway": ["--silence-s", "3"]].merging(flags) { $1 }
            try await Cluster.with(options, body)
        }

        private func status(
            _ cluster: Cluster, _ device: String = "executor", is expected: Set<String>, within limit: Duration
        ) async throws {
            try await eventually("\(device) is \(expected)", within: limit) {
                try await cluster.api.device(device)?["status"].string.map(expected.contains) ?? false
            }
        }

        @Test("A frozen executor is detected by its silence and resumes when it thaws")
        func frozenExecutor() async throws {
            try await with { cluster in
                let executor = try #require(cluster.service("executor"))
                executor.process.signal(SIGSTOP)
                // The kernel keeps the connection alive: only the missing heartbeats show the freeze.
                try await status(cluster, is: ["offline"], within: .seconds(15))
                executor.process.signal(SIGCONT)
                try await status(cluster, is: ["online"], within: .seconds(30))
                #expect(try await cluster.run("echo thawed", agent: "shell").text.contains("thawed"))
            }
        }

        @Test("An executor that ends in any way is offline at once")
        func endedExecutor() async throws {
            try await with { cluster in
                for kill in [false, true] {
                    let executor = try #require(cluster.service("executor"))
                    if kill { try await executor.kill() } else { try await executor.stop() }
                    let ended = ContinuousClock.now
                    try await status(cluster, is: ["offline"], within: .seconds(10))
                    // Promised is a second; a loaded machine may take longer.
                    #expect(ContinuousClock.now - ended < .seconds(5))
                    try await cluster.restart("executor")
                    try await status(cluster, is: ["online"], within: .seconds(30))
                }
            }
        }

        @Test("Heartbeats continue while every slot writes at full speed")
        func heartbeats() async throws {
            try await with { cluster in
                var tasks: [String] = []
                for _ in 0..<5 {
                    let task = try await cluster.api.submit("seq 1 400000", target: "executor")
                    tasks.append(try #require(task["id"].string))
                }
                let followers = tasks.map { Follower(cluster.api, task: $0) }
                while !followers.allSatisfy(\.isDone) {
                    let status = try await cluster.api.device("executor")?["status"].string
                    #expect(["online", "busy"].contains(status))
                    try await Task.sleep(for: .milliseconds(200))
                }
                let expected = (1...400_000).map { "\($0)\n" }.joined()
                for follower in followers {
                    #expect(follower.violation == nil && follower.events.last?.state == "completed")
                    #expect(follower.text == expected)
                }
                #expect(try await cluster.api.device("executor")?["slots"]["used"].int == 0)
            }
        }

        @Test("Two machines with one device id are two devices, and both work")
        func clonedDevice() async throws {
            try await with { cluster in
                // A second home with the same id, as in a cloned machine image.
                try await cluster.startExecutor(part: "clone", as: "executor")
                let names = try await eventually("two devices are online") { () -> [String]? in
                    let online = try await cluster.api.devices().filter { $0["status"].string == "online" }
                    return online.count == 2 ? online.compactMap { $0["id"].string }.sorted() : nil
                }
                #expect(names == ["executor", "executor-2"])
                for name in names {
                    let task = try await cluster.api.submit("echo I am here", target: name)
                    let ended = try await cluster.api.end(of: try #require(task["id"].string))
                    #expect(ended.state == "completed" && ended.task["device_id"].string == name)
                }
                // Each reconnects as the same device.
                try await cluster.kill("clone")
                try await status(cluster, "executor-2", is: ["offline"], within: .seconds(15))
                try await cluster.restart("clone")
                try await status(cluster, "executor-2", is: ["online"], within: .seconds(30))
                #expect(try await cluster.api.devices().count == 2)
            }
        }

        @Test("An executor without contact for its lease ends its attempts")
        func expiredLease() async throws {
            let times = ["dispatcher": ["--grace-s", "1", "--lease-s", "4"], "executor": ["--silence-s", "2"]]
            try await with(times) { cluster in
                let task = try await cluster.api.submit("echo pid $$ end; sleep 600", target: "executor")
                let id = try #require(task["id"].string)
                let viewer = cluster.api.watch(id)
                try await viewer.text("end")
                let fields = viewer.text.split(whereSeparator: \.isWhitespace)
                let pid = try #require(fields.compactMap { pid_t($0) }.first)
                cluster.proxy?.silence(true)
                // No message reaches the executor: it acts on its lease alone.
                try await eventually("the process has ended", within: .seconds(40)) { !ProcessTable.isAlive(pid) }
                #expect(try await viewer.end().last?.data["error"]["code"].string == "device_disconnected")
                cluster.proxy?.silence(false)
                cluster.proxy?.cut()
                try await status(cluster, is: ["online"], within: .seconds(30))
                #expect(try await cluster.run("echo free", agent: "shell").state == "completed")
            }
        }
    }
}
