import Foundation
import ScriptedModel
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// Permission prompts of the real Claude Code: durable, answered from anywhere, denied on timeout.
    @Suite(.serialized, .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
    struct ApprovalTests {
        /// A task whose agent waits for permission to make a file.
        private struct Asked {
            let cluster: Cluster
            let model: ScriptedModel
            let task: String
            let approval: String
            let file: String
            let follower: Viewer

            var isDone: Bool { FileManager.default.fileExists(atPath: file) }

            func answer(_ decision: String, more: String = "", as api: API? = nil) async throws -> Answer {
                try await (api ?? cluster.api).call(
                    "POST", "/tasks/\(task)/approvals/\(approval)", #"{"decision":"\#(decision)"\#(more)}"#)
            }

            /// The approval as it is listed now.
            func listed(_ state: String = "all") async throws -> JSON? {
                try await cluster.api.call("GET", "/approvals?state=\(state)&task=\(task)").expect(200)["items"].items
                    .first { $0["id"].string == approval }
            }
        }

        private func with(
            dispatcher: [String] = [], _ body: (Cluster, ScriptedModel) async throws -> Void
        ) async throws {
            let model = try await ScriptedModel.start()
            var options = Cluster.Options()
            options.model = model
            options.flags = ["gateway": ["--silence-s", "3"], "dispatcher": dispatcher]
            try await Cluster.with(options) { try await body($0, model) }
            await model.stop()
        }

        private func ask(_ cluster: Cluster, _ model: ScriptedModel, choosing: String? = nil) async throws -> Asked {
            let file = cluster.directory.file("made-\(UUID().uuidString.prefix(8))")
            let prompt = "make \(file)"
            model.answer(
                .tool("Bash", input: #"{"command":"touch \#(file)"}"#), .text("that was it"), to: prompt)
            let task = try await cluster.api.submit(prompt, agent: nil, target: "executor", choosing: choosing)
            let id = try #require(task["id"].string)
            let viewer = cluster.api.watch(id)
            let request = try await viewer.event("the request") { $0.kind == "permission_request" }
            #expect(request.data["tool"].string == "Bash")
            #expect(request.data["title"].string?.contains("touch") == true, "\(request)")
            #expect(request.data["input"]["command"].string == "touch \(file)", "\(request)")
            try await viewer.event("that it waits") { $0.data["waiting_for"].string == "approval" }
            let asked = Asked(
                cluster: cluster, model: model, task: id, approval: try #require(request.data["id"].string),
                file: file, follower: viewer)
            #expect(try await cluster.api.task(id)["waiting_for"].string == "approval")
            #expect(try await asked.listed("pending")?["state"].string == "pending")
            return asked
        }

        @Test func `A permission prompt is answered from a second client while the first one watches`() async throws {
            try await with { cluster, model in
                let phone = cluster.api.with(token: try await cluster.api.mint("phone"))
                let asked = try await ask(cluster, model)
                #expect(!asked.isDone)
                let answer = try await asked.answer("allow", as: phone).expect(200)
                #expect(answer["state"].string == "allowed" && answer["scope"].string == "once", "\(answer)")
                #expect(answer["resolved_by"].string?.contains("phone") == true, "\(answer)")
                let events = try await asked.follower.end()
                #expect(events.last?.state == "completed")
                #expect(asked.isDone)
                let resolved = try #require(events.first { $0.kind == "permission_resolved" })
                #expect(resolved.data["id"].string == asked.approval && resolved.data["state"].string == "allowed")
                #expect(try await cluster.api.task(asked.task)["waiting_for"].string == nil)
                #expect(try await asked.listed("pending") == nil)
                let late = try await asked.answer("deny")
                #expect(late.status == 409 && late.code == "approval_resolved", "\(late)")
                #expect(late.json["detail"].string?.contains("phone") == true, "\(late.json)")
            }
        }

        @Test func `Who denies says why, and the agent is told`() async throws {
            try await with { cluster, model in
                let asked = try await ask(cluster, model)
                try await asked.answer("deny", more: #","message":"not on a Sunday""#).expect(200)
                #expect(try await asked.follower.end().last?.state == "completed")
                #expect(!asked.isDone)
                #expect(model.requests.last?.toolResults.contains { $0.contains("not on a Sunday") } == true)
            }
        }

        @Test func `What nobody answers in time is denied`() async throws {
            try await with(dispatcher: ["--approval-s", "2"]) { cluster, model in
                let asked = try await ask(cluster, model)
                let events = try await asked.follower.end()
                #expect(events.last?.state == "completed")
                #expect(!asked.isDone)
                #expect(events.contains { $0.kind == "permission_resolved" && $0.data["state"].string == "expired" })
                let late = try await asked.answer("allow")
                #expect(late.status == 409 && late.code == "approval_resolved", "\(late)")
            }
        }

        @Test(arguments: ["dispatcher", "gateway", "registry"])
        func `A pending prompt survives that a service is killed`(part: String) async throws {
            try await with { cluster, model in
                let asked = try await ask(cluster, model)
                asked.follower.close()
                try await cluster.kill(part)
                try await cluster.restart(part)
                // Once more with the answer given, before the executor can have it.
                let answer = try await eventually("an answer is taken", within: .seconds(30)) {
                    let answer = try? await asked.answer("allow")
                    return answer.flatMap { $0.status == 200 ? $0 : nil }
                }
                #expect(answer.json["state"].string == "allowed", "\(answer.json)")
                try await cluster.kill(part)
                try await cluster.restart(part)
                try await eventually("its end", within: .seconds(60)) {
                    (try? await cluster.api.task(asked.task))?["state"].string == "completed"
                }
                let events = try await cluster.api.page(asked.task).items
                #expect(events.map(\.seq) == Array(1...events.count))
                #expect(events.count { $0.kind == "permission_request" } == 1)
                #expect(events.count { $0.kind == "permission_resolved" } == 1)
                #expect(asked.isDone)
            }
        }

        @Test func `A prompt of an executor that is killed is abandoned, and an answer is told so`() async throws {
            try await with { cluster, model in
                let asked = try await ask(cluster, model)
                try await cluster.kill("executor")
                try await cluster.restart("executor")
                let events = try await asked.follower.end(within: .seconds(60))
                #expect(events.last?.state == "failed")
                #expect(events.last?.data["error"]["code"].string == "executor_restarted")
                #expect(events.contains { $0.kind == "permission_resolved" && $0.data["state"].string == "abandoned" })
                let late = try await asked.answer("allow")
                #expect(late.status == 410 && late.code == "approval_abandoned", "\(late)")
                #expect(!asked.isDone)
            }
        }

        @Test func `Of ten clients that answer at once one is first, and the others learn who`() async throws {
            try await with { cluster, model in
                let asked = try await ask(cluster, model)
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    for number in 0..<10 {
                        group.addTask { try await asked.answer(number % 2 == 0 ? "allow" : "deny") }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let first = try #require(answers.first { $0.status == 200 })
                #expect(answers.count { $0.status == 200 } == 1)
                #expect(answers.count { $0.status == 409 && $0.code == "approval_resolved" } == 9, "\(answers)")
                let events = try await asked.follower.end()
                #expect(events.last?.state == "completed")
                #expect(asked.isDone == (first.json["state"].string == "allowed"))
                #expect(events.count { $0.kind == "permission_resolved" } == 1)
            }
        }

        @Test func `What is allowed for the conversation is not asked again, also after a restart`() async throws {
            try await with { cluster, model in
                let asked = try await ask(cluster, model)
                try await asked.answer("allow", more: #","scope":"conversation""#).expect(200)
                #expect(try await asked.follower.end().last?.state == "completed")
                let conversation = try #require(try await cluster.api.task(asked.task)["conversation_id"].string)
                for restarts in [false, true] {
                    if restarts {
                        try await cluster.stop("executor")
                        try await cluster.restart("executor")
                    }
                    // The very same call, so that every rule that covers it covers this one.
                    try FileManager.default.removeItem(atPath: asked.file)
                    let prompt = "once more \(restarts)"
                    model.answer(
                        .tool("Bash", input: #"{"command":"touch \#(asked.file)"}"#), .text("again"), to: prompt)
                    let ended = try await cluster.run(prompt, conversation: conversation)
                    #expect(ended.state == "completed", "\(ended.task)")
                    #expect(asked.isDone)
                    #expect(!ended.events.contains { $0.kind == "permission_request" }, "\(ended.events)")
                }
                // Another conversation is asked.
                let other = try await ask(cluster, model)
                try await other.answer("deny").expect(200)
                #expect(try await other.follower.end().last?.state == "completed")
            }
        }

        @Test func `A cancel ends the wait, and an idle limit does not run meanwhile`() async throws {
            try await with { cluster, model in
                let asked = try await ask(cluster, model, choosing: #""idle_timeout_s":2"#)
                try await Task.sleep(for: .seconds(4))
                #expect(try await cluster.api.task(asked.task)["state"].string == "running")
                try await cluster.api.cancel(asked.task)
                let events = try await asked.follower.end()
                #expect(events.last?.state == "cancelled")
                #expect(try await asked.listed()?["state"].string == "abandoned")
                #expect(!asked.isDone)
            }
        }
    }
}
