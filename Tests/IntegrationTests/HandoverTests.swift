import ScriptedModel
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// A conversation of the real Claude Code that does not stay on one machine.
    @Suite(.serialized, .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
    struct HandoverTests {
        @Test func `A conversation that starts on one machine goes on at another, and comes back`() async throws {
            let model = try await ScriptedModel.start()
            var options = Cluster.Options()
            options.model = model
            try await Cluster.with(options) { cluster in
                try await cluster.startExecutor(["--allow-shell"], part: "second")
                model.answer(.text("noted: heron"), to: "remember the heron")
                model.answer(.text("it was the heron"), to: "what was it")
                model.answer(.text("the egret, then"), to: "and which one now")
                let first = try await cluster.run("remember the heron")
                #expect(first.state == "completed", "\(first.task)")
                let conversation = try #require(first.task["conversation_id"].string)

                func run(_ prompt: String, on device: String) async throws -> Ended {
                    let task = try await cluster.api.submit(
                        prompt, agent: nil, target: device, conversation: conversation)
                    return try await cluster.api.end(of: try #require(task["id"].string))
                }
                let moved = try await run("what was it", on: "second")
                #expect(moved.state == "completed", "\(moved.task)")
                let there = try #require(model.requests(to: "what was it").last)
                let told = there.said(by: "user").joined()
                #expect(told.contains("remember the heron") && told.contains("noted: heron"), "\(told)")
                let notice = try #require(
                    moved.events.first { $0.kind == "log" && $0.data["level"].string == "notice" })
                #expect(notice.data["message"].string?.contains("1") == true, "it says what is known: \(notice)")

                // Back on the first machine the session knows its own turn, and is told the other one only.
                let back = try await run("and which one now", on: "executor")
                #expect(back.state == "completed", "\(back.task)")
                let here = try #require(model.requests(to: "and which one now").last)
                #expect(here.said(by: "assistant").contains("noted: heron"), "its own session goes on")
                #expect(here.said(by: "user").joined().contains("it was the heron"))

                // A follow-up on the same machine needs nothing.
                model.answer(.text("yes"), to: "is that so")
                let stay = try await run("is that so", on: "executor")
                #expect(stay.state == "completed")
                #expect(!stay.events.contains { $0.kind == "log" && $0.data["level"].string == "notice" })
            }
            await model.stop()
        }
    }
}
