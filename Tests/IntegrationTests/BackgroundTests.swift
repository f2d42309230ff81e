import Foundation
import ScriptedModel
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// Work that the real Claude Code leaves in the background, over all services.
    @Suite("Background work", .serialized, .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
    struct BackgroundTests {
        private func with(
            _ flags: [String] = ["--permission-mode", "bypass", "--allow-bypass"],
            _ body: (Cluster, ScriptedModel) async throws -> Void
        ) async throws {
            let model = try await ScriptedModel.start()
            var options = Cluster.Options()
            options.model = model
            options.flags = ["executor": flags]
            try await Cluster.with(options) { try await body($0, model) }
            await model.stop()
        }

        /// The input of a command that goes on in the background.
        private func background(_ command: String) -> String {
            #"{"command":"\#(command)","run_in_background":true,"description":"the server"}"#
        }

        @Test("Three follow-ups to a task with background work each get their own answer, and nothing runs afterwards")
        func followUps() async throws {
            try await with { cluster, model in
                let late = Gate()
                let mark = cluster.directory.file("server")
                model.answer(
                    .tool("Bash", input: background("echo $$ > \(mark); exec sleep 300")), .text("started"),
                    .text(.gate(late), "report"),
                    to: "serve it")
                for name in ["one", "two", "three"] { model.answer(.text(.token("answer \(name)")), to: "say \(name)") }
                let first = try await cluster.api.submit("serve it", agent: nil, target: "executor")
                let id = try #require(first["id"].string)
                let viewer = cluster.api.watch(id)
                try await viewer.event("it waits") { $0.data["waiting_for"].string == "background" }
                let task = try await cluster.api.task(id)
                #expect(task["state"].string == "running")
                #expect(task["waiting"]["what"].string == "a background command: the server")
                #expect(task["waiting"]["since"].string != nil)
                let conversation = try #require(first["conversation_id"].string)
                var followUps: [(name: String, id: String)] = []
                for name in ["one", "two", "three"] {
                    let next = try await cluster.api.submit(
                        "say \(name)", agent: nil, target: "executor", conversation: conversation)
                    followUps.append((name, try #require(next["id"].string)))
                }
                #expect(try await viewer.end().last?.state == "completed")
                for followUp in followUps {
                    let end = try await cluster.api.end(of: followUp.id)
                    #expect(end.state == "completed")
                    #expect(end.text == "answer \(followUp.name)")
                }
                let count = model.requests.count
                late.open()
                let said = viewer.events.filter { $0.kind == "agent_message_chunk" }.map(\.text).joined()
                #expect(said == "started")
                let pid = try #require(Int32(try String(contentsOfFile: mark, encoding: .utf8).dropLast()))
                #expect(!ProcessTable.isAlive(pid))
                #expect(try await cluster.api.device("executor")?["slots"]["used"].int == 0)
                #expect(model.requests.count == count && model.unscripted.isEmpty)
                for name in ["one", "two", "three"] { #expect(model.requests(to: "say \(name)").count == 1) }
            }
        }

        @Test(
            "A sub-agent asks and reports within its task, with and without a background flag",
            arguments: ["", #","run_in_background":true"#, #","run_in_background":false"#])
        func subAgent(_ flag: String) async throws {
            try await with(["--permission-mode", "ask"]) { cluster, model in
                let file = cluster.directory.file("by-sub-agent")
                model.answer(
                    .tool("Bash", input: #"{"command":"touch \#(file); echo sub-done"}"#), .text("sub report"),
                    to: "subwork")
                let input =
                    #"{"description":"helping","prompt":"subwork please","#
                    + #""subagent_type":"general-purpose"\#(flag)}"#
                model.answer(.tool("Agent", input: input), .text("main "), .text("report seen"), to: "delegate")
                let task = try await cluster.api.submit("delegate it", agent: nil, target: "executor")
                let id = try #require(task["id"].string)
                let viewer = cluster.api.watch(id)
                let request = try await viewer.event("the request") { $0.kind == "permission_request" }
                #expect(try await cluster.api.task(id)["state"].string == "running")
                #expect(try await cluster.api.task(id)["waiting_for"].string == "approval")
                let approval = try #require(request.data["id"].string)
                _ = try await cluster.api.call("POST", "/tasks/\(id)/approvals/\(approval)", #"{"decision":"allow"}"#)
                    .expect(200)
                #expect(try await viewer.end().last?.state == "completed")
                #expect(FileManager.default.fileExists(atPath: file))
                #expect(viewer.text.contains("sub-done") && viewer.text.contains("main "))
                #expect(viewer.text.contains("report seen") == !flag.contains("false"))
                #expect(try await cluster.api.task(id)["waiting_for"].string == nil)
            }
        }

        @Test("The next message withdraws what a sub-agent in the background asks, and gets its own answer")
        func nextMessageWithdraws() async throws {
            try await with(["--permission-mode", "ask"]) { cluster, model in
                let file = cluster.directory.file("never")
                model.answer(.tool("Bash", input: #"{"command":"touch \#(file)"}"#), to: "subwork")
                model.answer(
                    .tool(
                        "Agent",
                        input: #"{"description":"helping","prompt":"subwork","subagent_type":"general-purpose"}"#),
                    .text("left it"), to: "delegate")
                model.answer(.text("the next answer"), to: "go on")
                let task = try await cluster.api.submit("delegate it", agent: nil, target: "executor")
                let id = try #require(task["id"].string)
                let viewer = cluster.api.watch(id)
                let request = try await viewer.event("the request") { $0.kind == "permission_request" }
                try await viewer.text("left it")
                let next = try await cluster.run("go on", conversation: task["conversation_id"].string)
                #expect(next.state == "completed" && next.text == "the next answer")
                let events = try await viewer.end()
                #expect(events.last?.state == "completed")
                let resolved = try #require(events.first { $0.kind == "permission_resolved" })
                #expect(resolved.data["id"] == request.data["id"])
                let late = try await cluster.api.call(
                    "POST", "/tasks/\(id)/approvals/\(request.data["id"].string ?? "")", #"{"decision":"allow"}"#)
                #expect(late.status == 410, "\(late)")
                #expect(!FileManager.default.fileExists(atPath: file))
            }
        }

        @Test("A task that does not wait ends its background work and says so")
        func stopsAtResult() async throws {
            try await with { cluster, model in
                model.answer(.tool("Bash", input: background("exec sleep 333")), .text("started"), to: "serve it")
                let task = try await cluster.api.submit(
                    "serve it", agent: nil, target: "executor", choosing: #""background":"stop""#)
                let end = try await cluster.api.end(of: task["id"].string ?? "")
                #expect(end.state == "completed")
                #expect(
                    end.events.contains { $0.data["message"].string?.hasPrefix("ended a background command") == true })
            }
        }
    }
}
