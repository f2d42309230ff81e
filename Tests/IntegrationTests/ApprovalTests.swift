import Foundation
import ScriptedModel
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// Permission requests of the real Claude Code: durable, answered from any client, denied on timeout.
    @Suite("Approvals", .serialized, .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
    struct ApprovalTests {
        /// A task with an agent that waits for permission to create a file.
        private struct PendingTask {
            let cluster: Cluster
            let model: ScriptedModel
            let task: String
            let approval: String
            let file: String
            let follower: TestViewer

            var hasRun: Bool { FileManager.default.fileExists(atPath: file) }

            func answer(_ decision: String, more: String = "", as api: API? = nil) async throws -> APIResponse {
                try await (api ?? cluster.api).call(
                    "POST", "/tasks/\(task)/approvals/\(approval)", #"{"decision":"\#(decision)"\#(more)}"#)
            }

            /// Returns the approval as listed.
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

        private func submit(_ cluster: Cluster, _ model: ScriptedModel, choosing: String? = nil) async throws
            -> PendingTask
        {
            let file = cluster.directory.file("made-\(UUID().uuidString.prefix(8))")
            let prompt = "make \(file)"
            model.answer(
                .tool("Bash", input: #"{"command":"touch \#(file)"}"#), .text("that was it"), to: prompt)
            let task = try await cluster.api.submit(prompt, agent: nil, target: "executor", choosing: choosing)
            let id = try #require(task["id"].string)
            let viewer = cluster.api.watch(id)
            let request = try await viewer.event("the permission request") { $0.kind == "permission_request" }
            #expect(request.data["tool"].string == "Bash")
            #expect(request.data["title"].string?.contains("touch") == true, "\(request)")
            #expect(request.data["input"]["command"].string == "touch \(file)", "\(request)")
            try await viewer.event("waiting_for is approval") { $0.data["waiting_for"].string == "approval" }
            let pending = PendingTask(
                cluster: cluster, model: model, task: id, approval: try #require(request.data["id"].string),
                file: file, follower: viewer)
            #expect(try await cluster.api.task(id)["waiting_for"].string == "approval")
            #expect(try await pending.listed("pending")?["state"].string == "pending")
            return pending
        }

        @Test("A permission request is answered from a second client while the first one watches")
        func secondClient() async throws {
            try await with { cluster, model in
                let phone = cluster.api.with(token: try await cluster.api.createToken("phone"))
                let pending = try await submit(cluster, model)
                #expect(!pending.hasRun)
                let answer = try await pending.answer("allow", as: phone).expect(200)
                #expect(answer["state"].string == "allowed" && answer["scope"].string == "once", "\(answer)")
                #expect(answer["resolved_by"].string?.contains("phone") == true, "\(answer)")
                let events = try await pending.follower.end()
                #expect(events.last?.state == "completed")
                #expect(pending.hasRun)
                let resolved = try #require(events.first { $0.kind == "permission_resolved" })
                #expect(resolved.data["id"].string == pending.approval && resolved.data["state"].string == "allowed")
                #expect(try await cluster.api.task(pending.task)["waiting_for"].string == nil)
                #expect(try await pending.listed("pending") == nil)
                let late = try await pending.answer("deny")
                #expect(late.status == 409 && late.code == "approval_resolved", "\(late)")
                #expect(late.json["detail"].string?.contains("phone") == true, "\(late.json)")
            }
        }

        @Test("An edited command is what runs, and the event shows it")
        func editedInput() async throws {
            try await with { cluster, model in
                let pending = try await submit(cluster, model)
                let unknown = try await pending.answer("allow", more: #","option":"allow_for_ever""#)
                #expect(unknown.status == 422 && unknown.code == "invalid_request", "\(unknown)")
                #expect(unknown.json["detail"].string?.contains("'allow_once' (Allow once)") == true, "\(unknown.json)")
                let text = try await pending.answer("allow", more: #","updated_input":"ls""#)
                #expect(text.status == 422, "\(text)")
                let both = #","scope":"conversation","updated_input":{"command":"ls"}"#
                #expect(try await pending.answer("allow", more: both).status == 422)
                #expect(try await pending.answer("deny", more: #","updated_input":{}"#).status == 422)
                #expect(try await pending.listed("pending")?["updated_input"].string == nil)
                let command = "echo edited > \(pending.file).2"
                try await pending.answer("allow", more: #","updated_input":{"command":"\#(command)"}"#).expect(200)
                let events = try await pending.follower.end()
                #expect(events.last?.state == "completed")
                #expect(!pending.hasRun)
                #expect(try String(contentsOfFile: "\(pending.file).2", encoding: .utf8) == "edited\n")
                let resolved = try #require(events.first { $0.kind == "permission_resolved" })
                #expect(resolved.data["updated_input"]["command"].string == command, "\(resolved)")
                #expect(resolved.data["input"]["command"].string == "touch \(pending.file)", "\(resolved)")
                // A stale answer gets the answer that was first, whatever it names.
                let stale = try await pending.answer("allow", more: #","option":"allow_for_ever""#)
                #expect(stale.status == 409 && stale.code == "approval_resolved", "\(stale)")
            }
        }

        @Test("A question is answered over HTTP with choices and free text")
        func answeredQuestion() async throws {
            try await with { cluster, model in
                let questions = #"""
                    {"questions":[{"question":"Which colour?","header":"Colour","multiSelect":false,"options":[
                    {"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]},
                    {"question":"Which fruits?","header":"Fruits","multiSelect":true,"options":[
                    {"label":"Apple","description":"a"},{"label":"Fig","description":"f"}]}]}
                    """#.replacing("\n", with: "")
                model.answer(.tool("AskUserQuestion", input: questions), .text("thanks"), to: "ask me")
                let task = try await cluster.api.submit("ask me", agent: nil, target: "executor")
                let id = try #require(task["id"].string)
                let viewer = cluster.api.watch(id)
                let request = try await viewer.event("the question") { $0.kind == "permission_request" }
                let asked = request.data["questions"].items
                #expect(asked.map { $0["text"].string } == ["Which colour?", "Which fruits?"], "\(request)")
                let approval = try #require(request.data["id"].string)
                func answer(_ body: String) async throws -> APIResponse {
                    try await cluster.api.call("POST", "/tasks/\(id)/approvals/\(approval)", body)
                }
                let wrong = try await answer(#"{"answers":{"7":["Red"]}}"#)
                #expect(wrong.status == 422 && wrong.json["detail"].string?.contains("'1', '2'") == true, "\(wrong)")
                let right = try await answer(#"{"answers":{"1":["a warm grey"],"2":["Apple","Fig"]}}"#).expect(200)
                #expect(right["state"].string == "allowed", "\(right)")
                let second = try await answer(#"{"answers":{"1":["Red"]}}"#)
                #expect(second.status == 409 && second.code == "approval_resolved", "\(second)")
                #expect(try await viewer.end().last?.state == "completed")
                let result = try #require(model.requests.last?.toolResults.first)
                #expect(result.contains(#"="a warm grey""#) && result.contains(#"="Apple, Fig""#), "\(result)")
            }
        }

        @Test("The reason of a denial reaches the agent")
        func denial() async throws {
            try await with { cluster, model in
                let pending = try await submit(cluster, model)
                try await pending.answer("deny", more: #","message":"not on a Sunday""#).expect(200)
                #expect(try await pending.follower.end().last?.state == "completed")
                #expect(!pending.hasRun)
                #expect(model.requests.last?.toolResults.contains { $0.contains("not on a Sunday") } == true)
            }
        }

        @Test("A permission request without an answer in time is denied")
        func expiry() async throws {
            try await with(dispatcher: ["--approval-s", "2"]) { cluster, model in
                let pending = try await submit(cluster, model)
                let events = try await pending.follower.end()
                #expect(events.last?.state == "completed")
                #expect(!pending.hasRun)
                #expect(events.contains { $0.kind == "permission_resolved" && $0.data["state"].string == "expired" })
                let late = try await pending.answer("allow")
                #expect(late.status == 409 && late.code == "approval_resolved", "\(late)")
            }
        }

        @Test(
            "A pending permission request survives the death of a service",
            arguments: ["dispatcher", "gateway", "registry"])
        func killedService(part: String) async throws {
            try await with { cluster, model in
                let pending = try await submit(cluster, model)
                pending.follower.close()
                try await cluster.kill(part)
                try await cluster.restart(part)
                // Kill it again after the answer, before the executor can have received it.
                let answer = try await eventually("an answer is accepted", within: .seconds(30)) {
                    let answer = try? await pending.answer("allow")
                    return answer.flatMap { $0.status == 200 ? $0 : nil }
                }
                #expect(answer.json["state"].string == "allowed", "\(answer.json)")
                try await cluster.kill(part)
                try await cluster.restart(part)
                try await eventually("the task's end", within: .seconds(60)) {
                    (try? await cluster.api.task(pending.task))?["state"].string == "completed"
                }
                let events = try await cluster.api.page(pending.task).items
                #expect(events.map(\.seq) == Array(1...events.count))
                #expect(events.count { $0.kind == "permission_request" } == 1)
                #expect(events.count { $0.kind == "permission_resolved" } == 1)
                #expect(pending.hasRun)
            }
        }

        @Test("A permission request of a killed executor is abandoned, and a late answer is refused")
        func killedExecutor() async throws {
            try await with { cluster, model in
                let pending = try await submit(cluster, model)
                try await cluster.kill("executor")
                try await cluster.restart("executor")
                let events = try await pending.follower.end(within: .seconds(60))
                #expect(events.last?.state == "failed")
                #expect(events.last?.data["error"]["code"].string == "executor_restarted")
                #expect(events.contains { $0.kind == "permission_resolved" && $0.data["state"].string == "abandoned" })
                let late = try await pending.answer("allow")
                #expect(late.status == 410 && late.code == "approval_abandoned", "\(late)")
                #expect(!pending.hasRun)
            }
        }

        @Test("Of ten concurrent answers one wins, and the others are refused with its name")
        func concurrentAnswers() async throws {
            try await with { cluster, model in
                let pending = try await submit(cluster, model)
                let answers = try await withThrowingTaskGroup(of: APIResponse.self) { group in
                    for number in 0..<10 {
                        group.addTask { try await pending.answer(number % 2 == 0 ? "allow" : "deny") }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let first = try #require(answers.first { $0.status == 200 })
                #expect(answers.count { $0.status == 200 } == 1)
                #expect(answers.count { $0.status == 409 && $0.code == "approval_resolved" } == 9, "\(answers)")
                let events = try await pending.follower.end()
                #expect(events.last?.state == "completed")
                #expect(pending.hasRun == (first.json["state"].string == "allowed"))
                #expect(events.count { $0.kind == "permission_resolved" } == 1)
            }
        }

        @Test("An approval for the conversation also covers the next calls, after a restart too")
        func conversationScope() async throws {
            try await with { cluster, model in
                let pending = try await submit(cluster, model)
                try await pending.answer("allow", more: #","scope":"conversation""#).expect(200)
                #expect(try await pending.follower.end().last?.state == "completed")
                let conversation = try #require(try await cluster.api.task(pending.task)["conversation_id"].string)
                for restarts in [false, true] {
                    if restarts {
                        try await cluster.stop("executor")
                        try await cluster.restart("executor")
                    }
                    // The same call again, so that the same rule covers it.
                    try FileManager.default.removeItem(atPath: pending.file)
                    let prompt = "once more \(restarts)"
                    model.answer(
                        .tool("Bash", input: #"{"command":"touch \#(pending.file)"}"#), .text("again"), to: prompt)
                    let ended = try await cluster.run(prompt, conversation: conversation)
                    #expect(ended.state == "completed", "\(ended.task)")
                    #expect(pending.hasRun)
                    #expect(!ended.events.contains { $0.kind == "permission_request" }, "\(ended.events)")
                }
                // Another conversation needs its own approval.
                let other = try await submit(cluster, model)
                try await other.answer("deny").expect(200)
                #expect(try await other.follower.end().last?.state == "completed")
            }
        }

        @Test("A cancel ends the wait for an approval, and the idle limit pauses during the wait")
        func cancelledWait() async throws {
            try await with { cluster, model in
                let pending = try await submit(cluster, model, choosing: #""idle_timeout_s":6"#)
                // Longer than the limit, which leaves the agent time to start on a busy machine.
                try await Task.sleep(for: .seconds(8))
                #expect(try await cluster.api.task(pending.task)["state"].string == "running")
                try await cluster.api.cancel(pending.task)
                let events = try await pending.follower.end()
                #expect(events.last?.state == "cancelled")
                #expect(try await pending.listed()?["state"].string == "abandoned")
                #expect(!pending.hasRun)
            }
        }
    }
}
