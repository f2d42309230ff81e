import ScriptedModel
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// The real Claude Code on the device, with a scripted model behind it.
    @Suite("Claude Code", .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
    struct ClaudeTests {
        private static let bypass = ["--allow-shell", "--permission-mode", "bypass", "--allow-bypass"]

        private func with(
            _ flags: [String] = ["--allow-shell"], _ body: (Cluster, ScriptedModel) async throws -> Void
        ) async throws {
            let model = try await ScriptedModel.start()
            var options = Cluster.Options()
            options.model = model
            options.executor = flags
            try await Cluster.with(options) { cluster in try await body(cluster, model) }
            #expect(model.unscripted.map(\.prompt).isEmpty)
            await model.stop()
        }

        @Test("A prompt streams token by token and uses one slot")
        func stream() async throws {
            try await with { cluster, model in
                let gate = Gate()
                model.answer(.text("first ", .gate(gate), "second"), to: "greet me")
                let api = cluster.api
                let task = try await api.submit("greet me", agent: nil, target: "executor")
                #expect(task["agent"].string == "claude-code")
                let viewer = api.watch(task["id"].string ?? "")
                try await viewer.text("first ")
                #expect(!viewer.text.contains("second"))
                let busy = try #require(try await api.device("executor"))
                #expect(busy["slots"]["used"].int == 1 && busy["slots"]["total"].int == 5, "\(busy)")
                gate.open()
                let events = try await viewer.end()
                #expect(viewer.text == "first second")
                #expect(events.count { $0.kind == "agent_message_chunk" } >= 2)
                #expect(events.last?.state == "completed")
                let idle = try #require(try await api.device("executor"))
                #expect(idle["slots"]["used"].int == 0, "the slot is free once the end is visible: \(idle)")
            }
        }

        @Test("A tool call runs Bash on the device and its result is streamed")
        func toolCall() async throws {
            try await with(Self.bypass) { cluster, model in
                let file = cluster.directory.file("written-by-bash")
                model.answer(
                    .tool("Bash", input: #"{"command":"echo forty-$((6*7)) | tee \#(file)"}"#), .text("it is done"),
                    to: "compute")
                let ended = try await cluster.run("compute")
                #expect(ended.state == "completed", "\(ended.task)")
                #expect(try String(contentsOfFile: file, encoding: .utf8) == "forty-42\n")
                let call = try #require(ended.events.first { $0.kind == "tool_call" })
                #expect(call.data["kind"].string == "execute")
                let id = try #require(call.data["toolCallId"].string)
                let result = try #require(
                    ended.events.last { $0.kind == "tool_call_update" && $0.data["toolCallId"].string == id })
                #expect(result.data["status"].string == "completed")
                #expect(result.text.contains("forty-42"))
                #expect(model.requests.last?.toolResults.contains { $0.contains("forty-42") } == true)
                #expect(ended.events.contains { $0.kind == "usage" })
            }
        }

        @Test("A follow-up continues the same session, warm and after a restart of the executor")
        func followUp() async throws {
            try await with { cluster, model in
                model.answer(.text("noted: heron"), to: "remember the heron")
                model.answer(.text("it was the heron"), to: "what was it")
                model.answer(.text("still the heron"), to: "and now")
                let first = try await cluster.run("remember the heron")
                #expect(first.state == "completed", "\(first.task)")
                let conversation = try #require(first.task["conversation_id"].string)

                let second = try await cluster.run("what was it", conversation: conversation)
                #expect(second.state == "completed", "\(second.task)")
                #expect(second.task["conversation_id"].string == conversation)
                let warm = try #require(model.requests(to: "what was it").last)
                #expect(warm.texts(of: "user").contains("remember the heron"))
                #expect(warm.texts(of: "assistant").contains("noted: heron"))

                try await cluster.stop("executor")
                try await cluster.startExecutor(["--allow-shell"])
                let third = try await cluster.run("and now", conversation: conversation)
                #expect(third.state == "completed", "\(third.task)")
                let resumed = try #require(model.requests(to: "and now").last)
                #expect(resumed.texts(of: "assistant").contains("it was the heron"))
                #expect(resumed.texts(of: "user").contains("remember the heron"))
                let sessions = Set(model.requests.map(\.session))
                #expect(sessions.count == 1, "all turns use one session: \(sessions)")
            }
        }

        @Test("A device in plan mode denies a tool call and reports it")
        func planMode() async throws {
            try await with(["--allow-shell", "--permission-mode", "plan"]) { cluster, model in
                let file = cluster.directory.file("must-not-be")
                model.answer(
                    .tool("Write", input: #"{"file_path":"\#(file)","content":"x"}"#), .text("I may not"),
                    to: "touch it")
                let ended = try await cluster.run("touch it")
                #expect(ended.state == "completed", "\(ended.task)")
                #expect(throws: (any Error).self) { try String(contentsOfFile: file, encoding: .utf8) }
                #expect(ended.text.contains("I may not"))
                let isReported = ended.events.contains { event in
                    (event.kind == "log" && event.data["message"].string?.contains("Write") == true)
                        || (event.kind == "tool_call_update" && event.data["status"].string == "failed")
                }
                #expect(isReported, "\(ended.events)")
            }
        }

        @Test("An error of the model fails the task with a message")
        func modelError() async throws {
            try await with { cluster, model in
                model.always(.failure(400, "the scripted model refuses"), to: "break")
                let ended = try await cluster.run("break")
                #expect(ended.state == "failed")
                #expect(ended.task["error"]["code"].string == "agent_failed", "\(ended.task)")
                #expect(ended.task["error"]["message"].string?.isEmpty == false)
                model.answer(.text("well again"), to: "go on")
                #expect(try await cluster.run("go on").text.contains("well again"))
            }
        }

        @Test("A cancelled turn ends within seconds and the conversation can continue")
        func cancelledTurn() async throws {
            try await with { cluster, model in
                let gate = Gate()
                model.answer(.text("so far ", .gate(gate), "never"), to: "talk")
                model.answer(.text("another answer"), to: "again")
                let task = try await cluster.api.submit("talk", agent: nil, target: "executor")
                let id = try #require(task["id"].string)
                let viewer = cluster.api.watch(id)
                try await viewer.text("so far ")
                try await cluster.api.cancel(id)
                #expect(try await viewer.end(within: .seconds(20)).last?.state == "cancelled")
                #expect(!viewer.text.contains("never"))
                gate.open()
                let next = try await cluster.run("again", conversation: task["conversation_id"].string)
                #expect(next.text.contains("another answer"), "\(next.task)")
            }
        }
    }
}

extension Cluster {
    /// Runs a task on the executor to its end; Claude Code unless another agent is named.
    func run(_ prompt: String, agent: String? = nil, conversation: String? = nil) async throws -> FinishedTask {
        let task = try await api.submit(prompt, agent: agent, target: "executor", conversation: conversation)
        return try await api.end(of: task["id"].string ?? "")
    }
}
