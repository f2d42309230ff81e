import Faults
import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// The choices of a task: priority, offline devices, limits, retries, defaults.
    @Suite("Task choices", .serialized)
    struct ChoiceTests {
        private func with(_ more: [String: [String]] = [:], _ body: (Cluster) async throws -> Void) async throws {
            var options = Cluster.Options()
            options.flags = ["gateway": ["--silence-s", "3"]].merging(more) { $1 }
            try await Cluster.with(options, body)
        }

        private func id(_ task: JSON) throws -> String { try #require(task["id"].string, "\(task)") }

        private func status(_ cluster: Cluster, is status: String) async throws {
            try await eventually("the executor is \(status)", within: .seconds(20)) {
                try await cluster.api.device("executor")?["status"].string == status
            }
        }

        @Test("A queue of 1,000 drains over 5 slots, and positions only fall")
        func longQueue() async throws {
            try await with { cluster in
                let api = cluster.api
                let barrier = try TaskBarrier(in: cluster.directory)
                var held: [TestViewer] = []
                for _ in 0..<5 {
                    held.append(api.watch(try id(try await api.submit(barrier.command, target: "executor"))))
                }
                for viewer in held { try await viewer.text("started") }
                var tasks: [String] = []
                for _ in 0..<1000 { tasks.append(try id(try await api.submit("true", target: "executor"))) }
                let full = try await api.post("true", target: "executor")
                #expect(full.status == 429 && full.code == "queue_full", "\(full)")
                let last = try await api.task(tasks[999])
                #expect(last["queue_position"].int == 1000 && last["reason"].string == "device_busy", "\(last)")
                let middle = try await api.task(tasks[500])
                #expect(middle["queue_position"].int == 501, "\(middle)")
                barrier.release(5)
                for viewer in held { #expect(try await viewer.end().last?.state == "completed") }
                var seen = 1000
                try await eventually("the end of the last task", within: .seconds(300)) {
                    let task = try await api.task(tasks[999])
                    if let place = task["queue_position"].int {
                        #expect(place <= seen, "its position rose from \(seen) to \(place)")
                        seen = place
                    }
                    return task["state"].string == "completed"
                }
                #expect(seen < 1000)
                for number in [0, 4, 250, 700, 999] {
                    let events = try await api.end(of: tasks[number]).events
                    let places = events.compactMap { $0.data["queue_position"].int }
                    #expect(places == places.sorted(by: >), "\(number): \(places)")
                    #expect(places.first == number + 1 && Set(places).count == places.count, "\(number): \(places)")
                    #expect(events.count < 150, "task \(number) has \(events.count) events")
                    #expect(events.last?.state == "completed")
                }
                #expect(try await api.device("executor")?["slots"]["used"].int == 0)
            }
        }

        @Test("A higher priority goes first, in order within each priority")
        func priority() async throws {
            try await with(["executor": ["--slots", "1"]]) { cluster in
                let api = cluster.api
                let barrier = try TaskBarrier(in: cluster.directory)
                let viewer = api.watch(try id(try await api.submit(barrier.command, target: "executor")))
                try await viewer.text("started")
                let order = cluster.directory.file("order")
                var tasks: [String: JSON] = [:]
                for name in ["low", "normal", "high"].flatMap({ ["\($0)-1", "\($0)-2"] }) {
                    tasks[name] = try await api.submit(
                        "echo \(name) >> '\(order)'", target: "executor",
                        choosing: #""priority":"\#(name.split(separator: "-")[0])""#)
                }
                let third = try await api.task(try id(try #require(tasks["normal-1"])))
                #expect(third["queue_position"].int == 3 && third["priority"].string == "normal", "\(third)")
                barrier.release()
                for (_, task) in tasks { #expect(try await api.end(of: try id(task)).state == "completed") }
                #expect(
                    try String(contentsOfFile: order, encoding: .utf8).split(separator: "\n")
                        == ["high-1", "high-2", "normal-1", "normal-2", "low-1", "low-2"])
            }
        }

        @Test("A task for an offline device is refused with its last contact, or waits")
        func offlineDevice() async throws {
            try await with(["dispatcher": ["--grace-s", "1"]]) { cluster in
                let api = cluster.api
                try await cluster.stop("executor")
                try await status(cluster, is: "offline")
                let refused = try await eventually("the grace is over") { () -> APIResponse? in
                    let answer = try await api.post("echo no", target: "executor")
                    if answer.status == 202 { try await api.cancel(try id(answer.json)) }
                    return answer.status == 202 ? nil : answer
                }
                #expect(refused.status == 409 && refused.code == "device_offline", "\(refused)")
                #expect(refused.json["detail"].string?.contains("last seen at") == true, "\(refused.json)")
                let waiting = try await api.submit(
                    "echo it waited", target: "executor", choosing: #""if_offline":"wait""#)
                #expect(waiting["state"].string == "queued" && waiting["reason"].string == "device_offline")
                let brief = try await api.submit(
                    "echo never", target: "executor", choosing: #""if_offline":"wait","queue_ttl_s":1"#)
                let expired = try await api.end(of: try id(brief))
                #expect(expired.task["error"]["code"].string == "queue_expired", "\(expired.task)")
                try await cluster.restart("executor")
                #expect(try await api.end(of: try id(waiting)).text.contains("it waited"))
            }
        }

        @Test("When a device is lost, each task fails, waits or is requeued as chosen")
        func onDisconnect() async throws {
            try await with(["dispatcher": ["--grace-s", "2"]]) { cluster in
                let api = cluster.api
                let barrier = try TaskBarrier(in: cluster.directory)
                let runs = cluster.directory.file("runs")
                let policies = ["fail", "wait", "requeue"]
                var tasks: [String: String] = [:]
                var viewers: [String: TestViewer] = [:]
                for policy in policies {
                    let task = try id(
                        try await api.submit(
                            "echo \(policy) >> '\(runs)'; \(barrier.command)", target: "executor",
                            choosing: #""on_disconnect":"\#(policy)""#))
                    tasks[policy] = task
                    viewers[policy] = api.watch(task)
                    try await viewers[policy]?.text("started")
                }
                let executor = try #require(cluster.service("executor")?.process)
                executor.signal(SIGSTOP)
                _ = try await viewers["fail"]?.end()
                let failed = try await api.task(try #require(tasks["fail"]))
                #expect(failed["error"]["code"].string == "device_disconnected", "\(failed)")
                let waits = try await api.task(try #require(tasks["wait"]))
                #expect(waits["state"].string == "running" && waits["stalled"]["since"].string != nil, "\(waits)")
                #expect(waits["stalled"]["fails_at"].string == nil, "\(waits)")
                let again = try await eventually("the task is queued again") { () -> JSON? in
                    let task = try await api.task(try #require(tasks["requeue"]))
                    return task["state"].string == "queued" ? task : nil
                }
                #expect(again["reason"].string == "device_offline", "\(again)")
                executor.signal(SIGCONT)
                try await viewers["requeue"]?.event("the second attempt runs", within: .seconds(60)) {
                    $0.state == "running" && $0.data["attempt"].int ?? 0 > 1
                }
                for _ in 0..<20 where viewers["wait"]?.events.last?.isTerminal != true {
                    barrier.release(3)
                    try await Task.sleep(for: .milliseconds(200))
                }
                #expect(try await viewers["wait"]?.end().last?.state == "completed")
                #expect(try await viewers["requeue"]?.end().last?.state == "completed")
                let started = try String(contentsOfFile: runs, encoding: .utf8).split(separator: "\n")
                #expect(started.sorted() == ["fail", "requeue", "requeue", "wait"])
                #expect(
                    viewers["requeue"]?.events.contains { $0.kind == "log" } == true,
                    "the log reports the second attempt")
            }
        }

        @Test("A task with on_disconnect wait continues after any absence of its device")
        func longAbsence() async throws {
            var options = Cluster.Options()
            options.proxied = true
            options.flags = [
                "gateway": ["--silence-s", "3"], "dispatcher": ["--grace-s", "1", "--lease-s", "3"],
                "executor": ["--silence-s", "3"],
            ]
            try await Cluster.with(options) { cluster in
                let api = cluster.api
                let barrier = try TaskBarrier(in: cluster.directory)
                let task = try id(
                    try await api.submit(barrier.command, target: "executor", choosing: #""on_disconnect":"wait""#))
                let viewer = api.watch(task)
                try await viewer.text("started")
                // A task without the choice is ended at the grace by the service, at the lease by its device.
                let other = api.watch(
                    try id(try await api.submit("echo started $$ here; exec sleep 600", target: "executor")))
                try await other.text("here")
                let process = try #require(other.text.firstMatch(of: /started (\d+)/).flatMap { pid_t($0.output.1) })
                cluster.proxy?.silence(true)
                try await eventually("the task is stalled", within: .seconds(20)) {
                    try await api.task(task)["stalled"]["since"].string != nil
                }
                #expect(try await other.end().last?.state == "failed", "the grace is over")
                try await eventually("the lease is over", within: .seconds(30)) {
                    kill(process, 0) == -1 && errno == ESRCH
                }
                #expect(try await api.task(task)["state"].string == "running")
                barrier.release()
                cluster.proxy?.silence(false)
                cluster.proxy?.cut()
                let events = try await viewer.end()
                #expect(events.last?.state == "completed")
                #expect(viewer.text.contains("released"))
                #expect(!events.contains { $0.data["attempt"].int ?? 1 > 1 }, "there is one attempt")
            }
        }

        @Test("A task over its time or idle limit is ended after a warning")
        func limits()
            async throws
        {
            try await with { cluster in
                let api = cluster.api
                let slow = try await api.submit(
                    "while :; do echo on; sleep 0.2; done", target: "executor",
                    choosing: #""timeout_s":2,"idle_timeout_s":30"#)
                let silent = try await api.submit(
                    "echo once; sleep 600", target: "executor", choosing: #""timeout_s":600,"idle_timeout_s":2"#)
                for (task, code) in [(slow, "timeout"), (silent, "idle_timeout")] {
                    let ended = try await api.end(of: try id(task))
                    #expect(ended.state == "failed" && ended.task["error"]["code"].string == code, "\(ended.task)")
                    #expect(
                        ended.events.contains { $0.kind == "log" && $0.data["level"].string == "warning" }, "\(code)")
                    #expect(ended.text.hasPrefix("on"))
                }
                try await eventually("no slot is in use") {
                    try await api.device("executor")?["slots"]["used"].int == 0
                }
            }
        }

        @Test("A retry is a new task with the same choices and device, and user defaults apply")
        func retry()
            async throws
        {
            try await with { cluster in
                let api = cluster.api
                _ = try await api.call("PATCH", "/me/defaults", #"{"timeout_s":60,"priority":"low"}"#).expect(200)
                let count = cluster.directory.file("count")
                let first = try await api.submit(
                    "echo x >> '\(count)'; [ $(wc -l < '\(count)') -gt 1 ]", target: "executor",
                    choosing: #""priority":"high""#)
                let ended = try await api.end(of: try id(first))
                #expect(ended.state == "failed")
                #expect(ended.task["priority"].string == "high" && ended.task["timeout_s"].int == 60, "\(ended.task)")
                let again = try await api.call("POST", "/tasks/\(try id(first))/retry").expect(202)
                #expect(again["retry_of"].string == first["id"].string, "\(again)")
                #expect(again["priority"].string == "high" && again["device_id"].string == "executor", "\(again)")
                #expect(again["conversation_id"].string == first["conversation_id"].string)
                #expect(try await api.end(of: try id(again)).state == "completed")
                #expect(try await api.task(try id(first))["state"].string == "failed")
                let cleared = try await api.call("PATCH", "/me/defaults", #"{"timeout_s":null}"#).expect(200)
                #expect(
                    cleared["priority"].string == "low" || cleared["chosen"]["priority"].string == "low", "\(cleared)")
            }
        }

        @Test("Conversations are listed, searched, renamed and deleted with their logs")
        func conversations() async throws {
            try await with { cluster in
                let api = cluster.api
                let heron = try await cluster.run("echo a grey Heron", agent: "shell")
                let other = try await cluster.run("echo something else", agent: "shell")
                let id = try #require(heron.task["conversation_id"].string)
                let found = try await api.call("GET", "/conversations?q=heron").expect(200)
                #expect(found["items"].items.map { $0["id"].string } == [id], "\(found)")
                let all = try await api.call("GET", "/conversations").expect(200)
                #expect(
                    all["items"].items.map { $0["id"].string } == [other.task["conversation_id"].string, id], "\(all)")
                let renamed = try await api.call("PATCH", "/conversations/\(id)", #"{"title":"birds"}"#).expect(200)
                #expect(renamed["title"].string == "birds")
                try await cluster.kill("dispatcher")
                try await cluster.restart("dispatcher")
                let kept = try await eventually("the conversation can be read again") { () -> JSON? in
                    let answer = try? await api.call("GET", "/conversations/\(id)")
                    return answer?.status == 200 ? answer?.json : nil
                }
                #expect(kept["title"].string == "birds")
                #expect(try await api.call("DELETE", "/conversations/\(id)").status < 300)
                #expect(try await api.call("GET", "/conversations/\(id)").code == "conversation_not_found")
                let task = try #require(heron.task["id"].string)
                #expect(try await api.call("GET", "/tasks/\(task)").code == "task_not_found")
                #expect(try await api.call("GET", "/tasks/\(task)/events").code == "task_not_found")
            }
        }
    }
}
