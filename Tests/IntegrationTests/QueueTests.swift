import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// Slots, queue, conversations, cancel: with the shell agent, which needs no model.
    struct QueueTests {
        /// Starts `count` tasks that hold their slots, and waits until all run.
        private func hold(_ count: Int, _ hold: Hold, _ api: API) async throws -> [Viewer] {
            var viewers: [Viewer] = []
            for _ in 0..<count {
                let task = try await api.submit(hold.command, target: "executor")
                viewers.append(api.watch(try #require(task["id"].string)))
            }
            for viewer in viewers { try await viewer.text("started") }
            return viewers
        }

        @Test func `A sixth task waits its turn, says why, and starts when a slot frees`() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                let gate = try Hold(in: cluster.directory)
                let running = try await hold(5, gate, api)
                let full = try #require(try await api.device("executor"))
                #expect(full["status"].string == "busy")
                #expect(full["slots"]["used"].int == 5)

                let sixth = try await api.submit("echo sixth", target: "executor")
                #expect(sixth["state"].string == "queued")
                #expect(sixth["queue_position"].int == 1)
                #expect(sixth["reason"].string == "device_busy")
                #expect(sixth["device_id"].string == "executor")
                let seventh = try await api.submit("echo seventh", target: "executor")
                #expect(seventh["queue_position"].int == 2)
                let viewer = api.watch(try #require(sixth["id"].string))
                let waiting = try await viewer.event("its place in the queue") { $0.state == "queued" }
                #expect(waiting.data["reason"].string == "device_busy")
                #expect(waiting.data["queue_position"].int == 1)

                gate.release()
                let events = try await viewer.end()
                #expect(events.last?.state == "completed")
                #expect(viewer.text.contains("sixth"))
                #expect(try await api.end(of: try #require(seventh["id"].string)).text.contains("seventh"))
                gate.release(4)
                for viewer in running { #expect(try await viewer.end().last?.state == "completed") }
                let idle = try #require(try await api.device("executor"))
                #expect(idle["slots"]["used"].int == 0 && idle["status"].string == "online", "\(idle)")
            }
        }

        @Test func `One task runs per conversation, the next waits for it`() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                let gate = try Hold(in: cluster.directory)
                let first = try await api.submit(gate.command, target: "executor")
                let viewer = api.watch(try #require(first["id"].string))
                try await viewer.text("started")
                let second = try await api.submit(
                    "echo second", target: "executor", conversation: first["conversation_id"].string)
                #expect(second["state"].string == "queued")
                #expect(second["reason"].string == "conversation_busy")
                // Another conversation is not held up.
                let other = try await cluster.run("echo other", agent: "shell")
                #expect(other.state == "completed")
                #expect(try await api.task(try #require(second["id"].string))["state"].string == "queued")
                gate.release()
                #expect(try await viewer.end().last?.state == "completed")
                #expect(try await api.end(of: try #require(second["id"].string)).text.contains("second"))
            }
        }

        @Test func `Cancel ends a running task and all its processes, and a queued one at once`() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                let task = try await api.submit(
                    "trap '' TERM; sleep 600 & echo pids $$ $! end; wait; wait", target: "executor")
                let id = try #require(task["id"].string)
                let viewer = api.watch(id)
                try await viewer.text("end")
                let words = viewer.text.split(whereSeparator: \.isWhitespace)
                let pids = words.drop { $0 != "pids" }.compactMap { pid_t($0) }
                #expect(pids.count == 2)
                let next = try await api.submit(
                    "echo never", target: "executor", conversation: task["conversation_id"].string)
                let nextID = try #require(next["id"].string)
                try await api.cancel(nextID)
                #expect(try await api.end(of: nextID).state == "cancelled")

                let asked = try await api.cancel(id)
                #expect(asked["cancel_requested_at"].string != nil)
                let events = try await viewer.end(within: .seconds(20))
                #expect(events.last?.state == "cancelled")
                for pid in pids {
                    try await eventually("process \(pid) is gone", within: .seconds(10)) { !ProcessTable.isAlive(pid) }
                }
                let end = try await api.task(id)
                #expect(end["state"].string == "cancelled" && end["ended_at"].string != nil)
                // A second time changes nothing.
                #expect(try await api.cancel(id)["state"].string == "cancelled")
                #expect(try await api.device("executor")?["slots"]["used"].int == 0)
            }
        }

        @Test func `A failing command fails its task with the status`() async throws {
            try await Cluster.with { cluster in
                let ended = try await cluster.run("echo out; echo err >&2; exit 3", agent: "shell")
                #expect(ended.state == "failed")
                #expect(ended.task["error"]["code"].string == "exit_status")
                #expect(ended.task["error"]["message"].string?.contains("3") == true)
                #expect(ended.text.contains("out") && ended.text.contains("err"))
            }
        }
    }
}
