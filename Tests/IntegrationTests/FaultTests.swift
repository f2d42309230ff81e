import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// Rows of the table "what happens when something dies", with real processes.
    struct FaultTests {
        @Test func `A killed executor's task fails after the grace and its slot is free`() async throws {
            var options = Cluster.Options()
            options.grace = 2
            try await Cluster.with(options) { cluster in
                let api = cluster.api
                let gate = try Hold(in: cluster.directory)
                let task = try await api.submit(gate.command, target: "executor")
                let id = try #require(task["id"].string)
                let viewer = api.watch(id)
                try await viewer.text("started")
                try await cluster.kill("executor")
                try await eventually("the device is offline", within: .seconds(5)) {
                    try await api.device("executor")?["status"].string == "offline"
                }
                let events = try await viewer.end()
                #expect(events.last?.state == "failed")
                let ended = try await api.task(id)
                #expect(ended["error"]["code"].string == "device_disconnected", "\(ended)")
                #expect(ended["error"]["message"].string?.contains("executor") == true)
                #expect(try await api.device("executor")?["slots"]["used"].int == 0)
                let refused = try await api.post("echo", target: "executor")
                #expect(refused.status == 409 && refused.code == "device_offline")

                // It comes back, with nothing left over, and works.
                try await cluster.startExecutor()
                #expect(try await cluster.run("echo back", agent: "shell").text.contains("back"))
                #expect(try await api.task(id)["state"].string == "failed")
            }
        }

        @Test func `A dispatcher that is killed loses nothing`() async throws {
            var options = Cluster.Options()
            options.executor = ["--allow-shell", "--slots", "1"]
            try await Cluster.with(options) { cluster in
                let api = cluster.api
                let gate = try Hold(in: cluster.directory)
                let done = try await cluster.run("seq 1 50", agent: "shell")
                let running = try #require(try await api.submit(gate.command, target: "executor")["id"].string)
                let before = api.watch(running)
                try await before.text("started")
                let queued = try await api.submit("echo its turn", target: "executor")
                #expect(queued["reason"].string == "device_busy")
                let seen = before.events

                try await cluster.kill("dispatcher")
                try await cluster.startDispatcher()
                try await eventually("the new dispatcher answers") {
                    try await api.task(running)["state"].string == "running"
                }
                #expect(try await api.page(try #require(done.task["id"].string)).items == done.events)
                let waiting = try await api.task(try #require(queued["id"].string))
                #expect(waiting["state"].string == "queued" && waiting["queue_position"].int == 1, "\(waiting)")
                gate.release()
                let after = try await api.end(of: running)
                #expect(after.state == "completed", "\(after.task)")
                #expect(after.events.starts(with: seen), "the log of before goes on")
                #expect(after.text.contains("released"))
                let turn = try await api.end(of: try #require(queued["id"].string))
                #expect(turn.text.contains("its turn"))
            }
        }

        @Test func `A gateway that is killed comes back and the running task goes on`() async throws {
            try await Cluster.with { cluster in
                let gate = try Hold(in: cluster.directory)
                let id = try #require(try await cluster.api.submit(gate.command, target: "executor")["id"].string)
                try await cluster.api.watch(id).text("started")
                try await cluster.restartGateway()
                try await eventually("the device is back") {
                    try await cluster.api.device("executor")?["status"].string == "online"
                }
                gate.release()
                let ended = try await cluster.api.end(of: id)
                #expect(ended.state == "completed", "\(ended.task)")
                #expect(ended.text.contains("released"))
            }
        }

        @Test func `An executor that is stopped while it works says goodbye and its task is not left running`()
            async throws
        {
            var options = Cluster.Options()
            options.grace = 2
            try await Cluster.with(options) { cluster in
                let gate = try Hold(in: cluster.directory)
                let id = try #require(try await cluster.api.submit(gate.command, target: "executor")["id"].string)
                let viewer = cluster.api.watch(id)
                try await viewer.text("started")
                try await cluster.stop("executor")
                let events = try await viewer.end()
                #expect(["failed", "cancelled"].contains(events.last?.state), "\(events)")
            }
        }
    }
}
