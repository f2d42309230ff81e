import Faults
import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// Cancel: acknowledged in every state, and no process is left.
    @Suite("Cancel", .serialized)
    struct CancelTests {
        /// Cancels, with an answer within 3 s: promised is 1 s, but a loaded machine may take longer.
        private func cancel(_ id: String, _ api: API) async throws -> JSON {
            let start = ContinuousClock.now
            let answer = try await api.cancel(id)
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(answer["cancel_requested_at"].string != nil || answer["ended_at"].string != nil, "\(answer)")
            return answer
        }

        @Test("Descendants that left their session are ended too, also if they ignore SIGTERM")
        func descendants() async throws {
            try await Cluster.with { cluster in
                let command = """
                    trap '' TERM
                    setsid sh -c 'echo one $$ end; trap "" TERM; while :; do sleep 1; done' &
                    setsid setsid sleep 600 & echo two $! end
                    echo three $$ end
                    wait; wait; sleep 600
                    """
                let id = try #require(try await cluster.api.submit(command, target: "executor")["id"].string)
                let viewer = cluster.api.watch(id)
                for name in ["one", "two", "three"] { try await viewer.text(name) }
                try await eventually("all lines have arrived") { viewer.text.split(separator: "end").count >= 3 }
                let pids = viewer.text.split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
                #expect(pids.count == 3)
                _ = try await cancel(id, cluster.api)
                #expect(try await viewer.end(within: .seconds(40)).last?.state == "cancelled")
                for pid in pids {
                    try await eventually("process \(pid) has ended", within: .seconds(20)) {
                        !ProcessTable.isAlive(pid)
                    }
                }
                try await eventually("the slot is free") {
                    try await cluster.api.device("executor")?["slots"]["used"].int == 0
                }
            }
        }

        @Test("A task is cancelled while queued, while running and while its device is offline")
        func everyState() async throws {
            var options = Cluster.Options()
            options.proxied = true
            options.executor = ["--allow-shell", "--slots", "1"]
            options.flags = ["gateway": ["--silence-s", "3"]]
            try await Cluster.with(options) { cluster in
                let api = cluster.api
                let hold = try TaskBarrier(in: cluster.directory)
                let running = try #require(try await api.submit(hold.command, target: "executor")["id"].string)
                let follower = Follower(api, task: running)
                try await eventually("the task runs") { follower.text.contains("started") }
                let fields = follower.text.split(whereSeparator: \.isWhitespace)
                let pid = try #require(fields.compactMap { pid_t($0) }.first)
                let queued = try #require(try await api.submit("echo never", target: "executor")["id"].string)
                #expect(try await cancel(queued, api)["state"].string == "cancelled")

                // The connection is silent: a running task of an offline device is cancelled at once.
                cluster.proxy?.silence(true)
                try await eventually("the task is stalled", within: .seconds(20)) {
                    try await api.task(running)["stalled"]["since"].string != nil
                }
                #expect(try await cancel(running, api)["state"].string == "cancelled")
                try await eventually("the follower has the end") { follower.isDone }
                #expect(ProcessTable.isAlive(pid), "no message has reached the executor yet")
                cluster.proxy?.silence(false)
                cluster.proxy?.cut()
                try await eventually("the process has ended", within: .seconds(40)) { !ProcessTable.isAlive(pid) }
                let next = try await eventually("the slot is free again", within: .seconds(30)) { () -> String? in
                    let answer = try await api.post("echo next", target: "executor")
                    return answer.status == 202 ? answer.json["id"].string : nil
                }
                #expect(try await api.end(of: next).state == "completed")
                #expect(try await api.task(running)["state"].string == "cancelled")
            }
        }

        @Test("A race of cancel and finish has one end, and it stays")
        func race() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                var ends: [String: Int] = [:]
                for round in 0..<24 {
                    let id = try #require(try await api.submit("sleep 0.1; echo x", target: "executor")["id"].string)
                    let follower = Follower(api, task: id)
                    try await Task.sleep(for: .milliseconds(round * 8))
                    _ = try await cancel(id, api)
                    try await eventually("the task's end") { follower.isDone }
                    let events = try await api.page(id).items
                    #expect(events.filter(\.isTerminal).count == 1 && events.last?.isTerminal == true)
                    let state = try #require(events.last?.state)
                    #expect(["completed", "cancelled"].contains(state))
                    #expect(try await api.cancel(id)["state"].string == state)
                    ends[state, default: 0] += 1
                }
                #expect(ends["cancelled", default: 0] > 0, "the first cancels come before the 0.1 s are over")
            }
        }
    }
}
