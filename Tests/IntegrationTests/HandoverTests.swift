import ScriptedModel
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    @Suite(
        "Handover of a Claude Code conversation", .serialized,
        .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
    struct HandoverTests {
        @Test("A conversation moves to another machine and back")
        func handover() async throws {
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

                func run(_ prompt: String, on device: String) async throws -> FinishedTask {
                    let task = try await cluster.api.submit(
                        prompt, agent: nil, target: device, conversation: conversation)
                    return try await cluster.api.end(of: try #require(task["id"].string))
                }
                let moved = try await run("what was it", on: "second")
                #expect(moved.state == "completed", "\(moved.task)")
                let second = try #require(model.requests(to: "what was it").last)
                let context = second.texts(of: "user").joined()
                #expect(context.contains("remember the heron") && context.contains("noted: heron"), "\(context)")
                let notice = try #require(
                    moved.events.first { $0.kind == "log" && $0.data["level"].string == "notice" })
                #expect(
                    notice.data["message"].string?.contains("1") == true, "the notice counts the known turns: \(notice)"
                )

                // Back on the first machine, the session has its own turn and receives the other one.
                let back = try await run("and which one now", on: "executor")
                #expect(back.state == "completed", "\(back.task)")
                let resumed = try #require(model.requests(to: "and which one now").last)
                #expect(resumed.texts(of: "assistant").contains("noted: heron"), "the first session continues")
                #expect(resumed.texts(of: "user").joined().contains("it was the heron"))

                // A follow-up on the same machine needs no handover.
                model.answer(.text("yes"), to: "is that so")
                let stay = try await run("is that so", on: "executor")
                #expect(stay.state == "completed")
                #expect(!stay.events.contains { $0.kind == "log" && $0.data["level"].string == "notice" })
            }
            await model.stop()
        }
    }
}
