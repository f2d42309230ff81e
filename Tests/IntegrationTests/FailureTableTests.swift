import Faults
import Foundation
import Storage
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// The table "When something dies" of docs/reliability.md: one test per row, with real processes.
    @Suite("Failure table", .serialized)
    struct FailureTableTests {
        /// Runs `body` with a cluster with short timeouts and a proxy before the executor.
        private func with(
            grace: Int = 20, slots: Int = 5, drain: Int? = nil, disk: String? = nil,
            _ body: (Cluster) async throws -> Void
        ) async throws {
            var options = Cluster.Options()
            options.grace = grace
            options.proxied = true
            options.disk = disk
            options.executor = ["--allow-shell", "--slots", "\(slots)"] + (drain.map { ["--drain-s", "\($0)"] } ?? [])
            options.flags = ["gateway": ["--silence-s", "3"], "dispatcher": ["--lease-s", "60", "--takeover-s", "3"]]
            try await Cluster.with(options, body)
        }

        /// Starts a task that waits at the barrier; returns its id and a follower.
        private func start(_ cluster: Cluster, _ barrier: TaskBarrier, then: String = "") async throws -> (
            String, Follower
        ) {
            let task = try await cluster.api.submit(barrier.command + then, target: "executor")
            let id = try #require(task["id"].string)
            let follower = Follower(cluster.api, task: id)
            try await eventually("the task has started") { follower.text.contains("started") }
            return (id, follower)
        }

        /// Returns the process of a task at the barrier.
        private func pid(_ follower: Follower) throws -> pid_t {
            let fields = follower.text.split(whereSeparator: \.isWhitespace)
            return try #require(fields.drop { $0 != "started" }.dropFirst().first.flatMap { pid_t($0) })
        }

        private func end(_ follower: Follower, within limit: Duration = .seconds(60)) async throws -> [TaskEvent] {
            try await eventually("the task's end", within: limit) { follower.isDone }
            #expect(follower.violation == nil)
            return follower.events
        }

        private func status(_ cluster: Cluster, is expected: String, within limit: Duration = .seconds(30))
            async throws
        {
            try await eventually("the device is \(expected)", within: limit) {
                try await cluster.api.device("executor")?["status"].string == expected
            }
        }

        @Test("A stopping executor drains: it takes no new task, ends the running ones, then is offline")
        func drain()
            async throws
        {
            try await with(drain: 30) { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let (_, follower) = try await start(cluster, barrier)
                let executor = try #require(cluster.service("executor"))
                executor.process.signal(SIGTERM)
                try await eventually("the device is draining") {
                    try await cluster.api.device("executor")?["status_reason"].string == "draining"
                }
                let next = try await cluster.api.submit("echo never here", target: "executor")
                #expect(next["state"].string == "queued")
                #expect(next["reason"].string == "device_draining")
                barrier.release()
                #expect(try await end(follower).last?.state == "completed")
                #expect(try await executor.process.exit() == .exited(0))
                try await status(cluster, is: "offline")
                try await cluster.api.cancel(try #require(next["id"].string))
                try await cluster.kill("executor")
            }
        }

        @Test("A silent device is offline within the silence limit, and its task is stalled")
        func silentDevice() async throws {
            try await with { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let (id, follower) = try await start(cluster, barrier)
                // The connection stays open but silent, as with a pulled cable.
                cluster.proxy?.silence(true)
                let pulled = ContinuousClock.now
                try await status(cluster, is: "offline", within: .seconds(15))
                #expect(ContinuousClock.now - pulled > .milliseconds(500), "a silent device is not offline at once")
                let task = try await cluster.api.task(id)
                #expect(task["state"].string == "running")
                #expect(task["stalled"]["since"].string != nil && task["stalled"]["fails_at"].string != nil, "\(task)")
                #expect(follower.events.contains { $0.data["stalled"]["fails_at"].string != nil })
                cluster.proxy?.silence(false)
                cluster.proxy?.cut()
                try await status(cluster, is: "online")
                barrier.release()
                #expect(try await end(follower).last?.state == "completed")
            }
        }

        @Test("A device that reconnects in time continues with the same process, without lost or repeated output")
        func reconnect()
            async throws
        {
            try await with { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let lines = "; i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); sleep 0.01; done"
                let (id, follower) = try await start(cluster, barrier, then: lines)
                let process = try pid(follower)
                barrier.release()
                for _ in 0..<5 {
                    #expect(ProcessTable.isAlive(process))
                    let seen = follower.events.count
                    cluster.proxy?.cut()
                    try await eventually("the stream continues") { follower.isDone || follower.events.count > seen }
                }
                let events = try await end(follower)
                #expect(events.last?.state == "completed")
                let output = (0..<300).map { "line \($0)\n" }.joined()
                #expect(follower.text.hasSuffix(output))
                #expect(try await cluster.api.page(id).items.count <= events.count)
            }
        }

        @Test("The tasks of a lost device fail after the grace, and their slots are free")
        func lostDevice()
            async throws
        {
            try await with(grace: 2) { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let (id, follower) = try await start(cluster, barrier)
                try await cluster.kill("executor")
                try await status(cluster, is: "offline", within: .seconds(10))
                #expect(try await end(follower).last?.state == "failed")
                let error = try await cluster.api.task(id)["error"]
                #expect(error["code"].string == "device_disconnected")
                let message = try #require(error["message"].string)
                #expect(message.contains("executor") && message.contains("last seen at"), "\(message)")
                #expect(message.contains("submit the task again"), "\(message)")
                #expect(try await cluster.api.device("executor")?["slots"]["used"].int == 0)
                let refused = try await cluster.api.post("echo", target: "executor")
                #expect(refused.status == 409 && refused.code == "device_offline")
            }
        }

        @Test("A device that reconnects after the grace ends its task, and the first result stays")
        func lateReconnect() async throws {
            try await with(grace: 1) { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let (id, follower) = try await start(cluster, barrier)
                let process = try pid(follower)
                cluster.proxy?.silence(true)
                #expect(try await end(follower).last?.state == "failed")
                #expect(ProcessTable.isAlive(process), "no message has reached the executor yet")
                let log = try await cluster.api.page(id).items
                cluster.proxy?.silence(false)
                cluster.proxy?.cut()
                try await status(cluster, is: "online")
                try await eventually("the stale process has ended", within: .seconds(20)) {
                    !ProcessTable.isAlive(process)
                }
                #expect(try await cluster.api.task(id)["error"]["code"].string == "device_disconnected")
                #expect(try await cluster.api.page(id).items == log)
                let free = try await cluster.run("echo free", agent: "shell")
                #expect(free.state == "completed")
            }
        }

        @Test("A killed executor replays its spool and ends its attempts with their processes")
        func killedExecutor() async throws {
            try await with { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let child = "setsid sleep 600 & echo child $! ; "
                let task = try await cluster.api.submit(child + barrier.command, target: "executor")
                let id = try #require(task["id"].string)
                let follower = Follower(cluster.api, task: id)
                try await eventually("the task has started") { follower.text.contains("started") }
                let fields = follower.text.split(whereSeparator: \.isWhitespace)
                let pids = fields.compactMap { pid_t($0) }
                #expect(pids.count == 2)
                try await cluster.kill("executor")
                try await cluster.restart("executor")
                let events = try await end(follower)
                #expect(events.last?.state == "failed")
                #expect(events.last?.data["error"]["code"].string == "executor_restarted", "\(events)")
                #expect(follower.text.contains("started"))
                for pid in pids {
                    try await eventually("process \(pid) has ended", within: .seconds(20)) {
                        !ProcessTable.isAlive(pid)
                    }
                }
                try await eventually("the spool is empty") {
                    try FileManager.default.contentsOfDirectory(atPath: cluster.data("executor/spool")).isEmpty
                }
                #expect(try await cluster.run("echo again", agent: "shell").state == "completed")
            }
        }

        @Test("After the death of a gateway, sessions and streams resume")
        func killedGateway() async throws {
            try await with { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let (_, follower) = try await start(cluster, barrier)
                let process = try pid(follower)
                try await cluster.restartGateway()
                try await status(cluster, is: "online")
                #expect(ProcessTable.isAlive(process))
                barrier.release()
                #expect(try await end(follower).last?.state == "completed")
                #expect(follower.resumes > 0 && follower.text.contains("released"))
            }
        }

        @Test("Without a registry, tasks run and a known device can reconnect")
        func killedRegistry() async throws {
            try await with { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let (_, follower) = try await start(cluster, barrier)
                try await cluster.kill("registry")
                // The executor must reconnect too: the gateway admits it without the registry.
                cluster.proxy?.cut()
                let second = try await eventually("a new task is accepted", within: .seconds(30)) {
                    let answer = try await cluster.api.post("echo without a registry", target: "executor")
                    return answer.status == 202 ? answer.json["id"].string : nil
                }
                #expect(try await cluster.api.end(of: second).text.contains("without a registry"))
                barrier.release()
                #expect(try await end(follower).last?.state == "completed")
                try await cluster.restart("registry")
                try await status(cluster, is: "online")
                #expect(try await cluster.run("echo with it", agent: "shell").state == "completed")
            }
        }

        @Test("A killed dispatcher restarts with all tasks, and executors resume")
        func killedDispatcher() async throws {
            try await with(slots: 1) { cluster in
                let barrier = try TaskBarrier(in: cluster.directory)
                let done = try await cluster.run("seq 1 50", agent: "shell")
                let (running, follower) = try await start(cluster, barrier)
                let queued = try await cluster.api.submit("echo its turn", target: "executor")
                #expect(queued["reason"].string == "device_busy")
                try await cluster.kill("dispatcher")
                try await cluster.restart("dispatcher")
                try await eventually("the new dispatcher answers") {
                    try await cluster.api.task(running)["state"].string == "running"
                }
                #expect(try await cluster.api.page(try #require(done.task["id"].string)).items == done.events)
                let waiting = try await cluster.api.task(try #require(queued["id"].string))
                #expect(waiting["state"].string == "queued" && waiting["queue_position"].int == 1, "\(waiting)")
                barrier.release()
                #expect(try await end(follower).last?.state == "completed")
                let turn = try await cluster.api.end(of: try #require(queued["id"].string))
                #expect(turn.text.contains("its turn"))
            }
        }

        @Test("A standby takes over from a killed or frozen leader, and a thawed leader changes nothing")
        func takeover()
            async throws
        {
            try await with { cluster in
                try await cluster.startStandby()
                let barrier = try TaskBarrier(in: cluster.directory)
                let (id, follower) = try await start(cluster, barrier)
                try await cluster.kill("dispatcher")
                let killed = ContinuousClock.now
                try await eventually("the standby leads", within: .seconds(20)) {
                    try await cluster.api.task(id)["state"].string == "running"
                }
                #expect(ContinuousClock.now - killed < .seconds(15))
                // The killed dispatcher restarts as the standby; now the leader freezes.
                try await cluster.restart("dispatcher")
                let leader = try #require(cluster.service("standby"))
                // Frozen within a write, it would be killed by the standby: see StandbyTests.
                let store = cluster.data("dispatcher") + "/dispatcher.db"
                try await eventually("the leader is frozen outside of a write") {
                    leader.process.signal(SIGSTOP)
                    if WriteLockHolder.process(path: store) == nil { return true }
                    leader.process.signal(SIGCONT)
                    return false
                }
                let second = try await eventually("a new task is accepted", within: .seconds(40)) {
                    let answer = try await cluster.api.post("echo under another leader", target: "executor")
                    return answer.status == 202 ? answer.json["id"].string : nil
                }
                #expect(try await cluster.api.end(of: second).state == "completed")
                leader.process.signal(SIGCONT)
                barrier.release()
                #expect(try await end(follower).last?.state == "completed")
                #expect(try await cluster.api.task(second)["state"].string == "completed")
                #expect(leader.process.ended == nil, "the old leader runs on as standby")
            }
        }

        @Test(
            "With a full disk, submissions are refused and nothing is acknowledged, until space is free",
            .enabled(if: SmallDisk.isPossible, "only root may mount a file system of its own"))
        func fullDisk()
            async throws
        {
            try await with(disk: "8m") { cluster in
                let (api, disk) = (cluster.api, cluster.data("dispatcher"))
                let dispatcher = try #require(cluster.service("dispatcher")?.process)
                let before = try await cluster.run("echo before", agent: "shell")
                let barrier = try TaskBarrier(in: cluster.directory)
                let (_, follower) = try await start(cluster, barrier)
                try SmallDisk.fill(disk, of: dispatcher)
                let refused = try await eventually("a submission is refused") {
                    let answer = try await api.post(String(repeating: "#", count: 200_000), target: "executor")
                    return answer.status == 202 ? nil : answer
                }
                #expect(refused.status == 503 && refused.code == "storage_failed", "\(refused)")
                #expect(refused.json["detail"].string?.contains("full") == true, "\(refused.json)")
                #expect(try await api.task(try #require(before.task["id"].string))["state"].string == "completed")
                barrier.release()
                SmallDisk.empty(disk, of: dispatcher)
                #expect(try await end(follower).last?.state == "completed")
                #expect(follower.text.contains("released"))
                #expect(try await cluster.run("echo after", agent: "shell").state == "completed")
            }
        }
    }
}
