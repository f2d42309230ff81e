import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// Slots, queue, conversations and cancel, with the shell agent, which needs no model.
    @Suite("Queue")
    struct QueueTests {
        /// Starts `count` tasks that keep their slots, and waits until all run.
        private func fillSlots(_ count: Int, _ barrier: TaskBarrier, _ api: API) async throws -> [TestViewer] {
            var viewers: [TestViewer] = []
            for _ in 0..<count {
                let task = try await api.submit(barrier.command, target: "executor")
                viewers.append(api.watch(try #require(task["id"].string)))
            }
            for viewer in viewers { try await viewer.text("started") }
            return viewers
        }

        @Test("A sixth task waits with its reason and starts when a slot is free")
        func fullDevice() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                let barrier = try TaskBarrier(in: cluster.directory)
                let running = try await fillSlots(5, barrier, api)
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
                let waiting = try await viewer.event("its queue position") { $0.state == "queued" }
                #expect(waiting.data["reason"].string == "device_busy")
                #expect(waiting.data["queue_position"].int == 1)

                barrier.release()
                let events = try await viewer.end()
                #expect(events.last?.state == "completed")
                #expect(viewer.text.contains("sixth"))
                #expect(try await api.end(of: try #require(seventh["id"].string)).text.contains("seventh"))
                barrier.release(4)
                for viewer in running { #expect(try await viewer.end().last?.state == "completed") }
                let idle = try #require(try await api.device("executor"))
                #expect(idle["slots"]["used"].int == 0 && idle["status"].string == "online", "\(idle)")
            }
        }

        @Test("One task runs per conversation; the next waits for it")
        func busyConversation() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                let barrier = try TaskBarrier(in: cluster.directory)
                let first = try await api.submit(barrier.command, target: "executor")
                let viewer = api.watch(try #require(first["id"].string))
                try await viewer.text("started")
                let second = try await api.submit(
                    "echo second", target: "executor", conversation: first["conversation_id"].string)
                #expect(second["state"].string == "queued")
                #expect(second["reason"].string == "conversation_busy")
                // Another conversation does not wait.
                let other = try await cluster.run("echo other", agent: "shell")
                #expect(other.state == "completed")
                #expect(try await api.task(try #require(second["id"].string))["state"].string == "queued")
                barrier.release()
                #expect(try await viewer.end().last?.state == "completed")
                #expect(try await api.end(of: try #require(second["id"].string)).text.contains("second"))
            }
        }

        @Test("Cancel ends a running task with all its processes, and a queued task at once")
        func cancel() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                let task = try await api.submit(
                    "trap '' TERM; sleep 600 & echo pids $$ $! end; wait; wait", target: "executor")
                let id = try #require(task["id"].string)
                let viewer = api.watch(id)
                try await viewer.text("end")
                let fields = viewer.text.split(whereSeparator: \.isWhitespace)
                let pids = fields.drop { $0 != "pids" }.compactMap { pid_t($0) }
                #expect(pids.count == 2)
                let next = try await api.submit(
                    "echo never", target: "executor", conversation: task["conversation_id"].string)
                let nextID = try #require(next["id"].string)
                try await api.cancel(nextID)
                #expect(try await api.end(of: nextID).state == "cancelled")

                let cancelled = try await api.cancel(id)
                #expect(cancelled["cancel_requested_at"].string != nil)
                let events = try await viewer.end(within: .seconds(20))
                #expect(events.last?.state == "cancelled")
                for pid in pids {
                    try await eventually("process \(pid) has ended", within: .seconds(10)) {
                        !ProcessTable.isAlive(pid)
                    }
                }
                let end = try await api.task(id)
                #expect(end["state"].string == "cancelled" && end["ended_at"].string != nil)
                // A second cancel changes nothing.
                #expect(try await api.cancel(id)["state"].string == "cancelled")
                #expect(try await api.device("executor")?["slots"]["used"].int == 0)
            }
        }

        @Test("A failing command fails its task with the exit status")
        func exitStatus() async throws {
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
