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
        private func with(_ body: (Cluster, ScriptedModel) async throws -> Void) async throws {
            let model = try await ScriptedModel.start()
            var options = Cluster.Options()
            options.model = model
            options.flags = ["executor": ["--permission-mode", "bypass", "--allow-bypass"]]
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
                model.answer(
                    .tool("Bash", input: background("sleep 300")), .text("started"), .text(.gate(late), "report"),
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
                    let next = try await cluster.api.submit("say \(name)", agent: nil, conversation: conversation)
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
                #expect(try await cluster.api.end(of: id).text == "started")
                #expect(model.requests.count == count)
            }
        }
    }
}
