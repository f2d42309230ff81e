import Faults
import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// What people choose, through the real processes: the queue, devices that are away, limits, retries, defaults.
    @Suite(.serialized) struct ChoiceTests {
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

        @Test func `A queue of 1,000 is drained over 5 slots, and places only fall`() async throws {
            try await with { cluster in
                let api = cluster.api
                let hold = try Hold(in: cluster.directory)
                var held: [Viewer] = []
                for _ in 0..<5 {
                    held.append(api.watch(try id(try await api.submit(hold.command, target: "executor"))))
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
                hold.release(5)
                for viewer in held { #expect(try await viewer.end().last?.state == "completed") }
                var seen = 1000
                try await eventually("the last one's end", within: .seconds(300)) {
                    let task = try await api.task(tasks[999])
                    if let place = task["queue_position"].int {
                        #expect(place <= seen, "it fell back from \(seen) to \(place)")
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

        @Test func `A higher priority goes first, in order within each`() async throws {
            try await with(["executor": ["--slots", "1"]]) { cluster in
                let api = cluster.api
                let hold = try Hold(in: cluster.directory)
                let viewer = api.watch(try id(try await api.submit(hold.command, target: "executor")))
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
                hold.release()
                for (_, task) in tasks { #expect(try await api.end(of: try id(task)).state == "completed") }
                #expect(
                    try String(contentsOfFile: order, encoding: .utf8).split(separator: "\n")
                        == ["high-1", "high-2", "normal-1", "normal-2", "low-1", "low-2"])
            }
        }

        @Test func `A task for a device that is off is refused with when it was seen, or waits for it`() async throws {
            try await with(["dispatcher": ["--grace-s", "1"]]) { cluster in
                let api = cluster.api
                try await cluster.stop("executor")
                try await status(cluster, is: "offline")
                let refused = try await eventually("the grace is over") { () -> Answer? in
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

        @Test func `A device that goes away: fail, wait or requeue, as each task has chosen`() async throws {
            try await with(["dispatcher": ["--grace-s", "2"]]) { cluster in
                let api = cluster.api
                let hold = try Hold(in: cluster.directory)
                let runs = cluster.directory.file("runs")
                let policies = ["fail", "wait", "requeue"]
                var tasks: [String: String] = [:]
                var viewers: [String: Viewer] = [:]
                for policy in policies {
                    let task = try id(
                        try await api.submit(
                            "echo \(policy) >> '\(runs)'; \(hold.command)", target: "executor",
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
                let again = try await eventually("it is queued again") { () -> JSON? in
                    let task = try await api.task(try #require(tasks["requeue"]))
                    return task["state"].string == "queued" ? task : nil
                }
                #expect(again["reason"].string == "device_offline", "\(again)")
                executor.signal(SIGCONT)
                try await viewers["requeue"]?.event("it runs again", within: .seconds(60)) {
                    $0.state == "running" && $0.data["attempt"].int ?? 0 > 1
                }
                for _ in 0..<20 where viewers["wait"]?.events.last?.isTerminal != true {
                    hold.release(3)
                    try await Task.sleep(for: .milliseconds(200))
                }
                #expect(try await viewers["wait"]?.end().last?.state == "completed")
                #expect(try await viewers["requeue"]?.end().last?.state == "completed")
                let words = try String(contentsOfFile: runs, encoding: .utf8).split(separator: "\n")
                #expect(words.sorted() == ["fail", "requeue", "requeue", "wait"])
                #expect(viewers["requeue"]?.events.contains { $0.kind == "log" } == true, "it says that it runs again")
            }
        }

        @Test func `A task that waits goes on where it was, however long its device was away`() async throws {
            var options = Cluster.Options()
            options.proxied = true
            options.flags = [
                "gateway": ["--silence-s", "3"], "dispatcher": ["--grace-s", "1", "--lease-s", "3"],
                "executor": ["--silence-s", "3"],
            ]
            try await Cluster.with(options) { cluster in
                let api = cluster.api
                let hold = try Hold(in: cluster.directory)
                let task = try id(
                    try await api.submit(hold.command, target: "executor", choosing: #""on_disconnect":"wait""#))
                let viewer = api.watch(task)
                try await viewer.text("started")
                cluster.proxy?.silence(true)
                try await eventually("it is stalled", within: .seconds(20)) {
                    try await api.task(task)["stalled"]["since"].string != nil
                }
                // Longer than grace and lease.
                try await Task.sleep(for: .seconds(8))
                #expect(try await api.task(task)["state"].string == "running")
                hold.release()
                cluster.proxy?.silence(false)
                cluster.proxy?.cut()
                let events = try await viewer.end()
                #expect(events.last?.state == "completed")
                #expect(viewer.text.contains("released"))
                #expect(!events.contains { $0.data["attempt"].int ?? 1 > 1 }, "the same attempt")
            }
        }

        @Test func `A task that takes too long is ended with a notice before, and one that is silent as well`()
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

        @Test func `A retry is a new task with the same choices on the same device, and defaults hold for all`()
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

        @Test func `Conversations are listed, found, renamed and deleted with their logs`() async throws {
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
                let kept = try await eventually("it is there again") { () -> JSON? in
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
