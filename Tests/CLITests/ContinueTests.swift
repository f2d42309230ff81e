import TestSupport
import Testing

@testable import CLI

@Suite("Continuing a conversation, by a real `wegent` process against a scripted gateway", .timeLimit(.minutes(2)))
struct ContinueTests {
    private let other = "01a2038a-5d10-7c1e-9a54-0e3b0f7c2d99"

    private func conversation(_ id: String) -> String {
        #"""
        {"id":"\#(id)","title":"x","created_at":"2026-03-01T09:30:00.250Z","tasks":1,"state":"failed",
         "updated_at":"2026-03-01T09:30:00.250Z","last_task_id":null,"device_id":"box","device_name":null}
        """#
    }

    private func withGateway(_ body: (ScriptedGateway) async throws -> Void) async throws {
        let gateway = try ScriptedGateway()
        defer { gateway.stop() }
        gateway.reply("POST /tasks", 202, ScriptedGateway.task())
        gateway.reply(
            "GET /tasks", ScriptedGateway.list([ScriptedGateway.task(#""state":"completed","cwd":"/src/app""#)]))
        gateway.reply("GET /conversations", ScriptedGateway.list([conversation(ScriptedGateway.conversation)]))
        let device = #"""
            {"id":"phone","name":"Phone","status":"online","is_default":true,"slots":{"used":0,"total":5},"agents":[]}
            """#
        gateway.reply("GET /devices", #"{"items":[\#(device)],"total":1}"#)
        gateway.emit("state", #"{"state":"completed"}"#)
        try await body(gateway)
    }

    @Test(
        "-c, a whole id and a prefix continue a conversation with the device, agent and directory of its newest task",
        arguments: [
            ["-c"], ["--continue"], ["--conversation", "01A2038A-5d"],
            ["--conversation", ScriptedGateway.conversation],
        ])
    func continues(_ options: [String]) async throws {
        try await withGateway { gateway in
            let run = try await gateway.run(["run"] + options + ["and now?"])
            #expect(run.status == .exited(0), "\(run)")
            let sent = try #require(gateway.requests("POST /tasks").first)
            #expect(sent.field("conversation_id") == ScriptedGateway.conversation)
            #expect(sent.field("target") == "box" && sent.field("agent") == "claude-code", "\(sent)")
            #expect(sent.field("cwd") == "/src/app")
            #expect(
                gateway.requests.contains { $0.line.contains("conversation=\(ScriptedGateway.conversation)&limit=1") })
        }
    }

    @Test("Options outrank the conversation; a directory of another device is not taken along")
    func optionsOutrank() async throws {
        try await withGateway { gateway in
            _ = try await gateway.run(["run", "-c", "--device", "phone", "--agent", "shell", "x"])
            let sent = try #require(gateway.requests("POST /tasks").first)
            #expect(sent.field("target") == "phone" && sent.field("agent") == "shell" && sent.field("cwd") == nil)
            _ = try await gateway.run(["run", "-c", "--cwd", "/tmp", "x"])
            #expect(gateway.requests("POST /tasks").last?.field("cwd") == "/tmp")
            _ = try await gateway.run(["run", "-c", "--cloud", "x"])
            #expect(gateway.requests("POST /tasks").last?.field("target") == "cloud")
        }
    }

    @Test("No conversation, an unknown one and an ambiguous prefix are reported, and nothing is sent")
    func reportsMissing() async throws {
        try await withGateway { gateway in
            let unknown = try await gateway.run(["run", "--conversation", "ffffffff", "x"])
            #expect(unknown.status == .exited(1) && unknown.errors.contains("begins with ffffffff"), "\(unknown)")
            gateway.reply(
                "GET /conversations",
                ScriptedGateway.list([conversation(ScriptedGateway.conversation), conversation(other)]))
            let two = try await gateway.run(["run", "--conversation", "01a2038a-5d10", "x"])
            #expect(two.status == .exited(1) && two.errors.contains("2 conversations have an id"), "\(two)")
            gateway.reply("GET /conversations", ScriptedGateway.list([]))
            let none = try await gateway.run(["run", "-c", "x"])
            #expect(none.status == .exited(1) && none.errors.contains("no conversation to continue"), "\(none)")
            #expect(gateway.requests("POST").isEmpty)
        }
    }

    @Test("A conversation that does not exist yet begins under the given id")
    func beginsUnderID() async throws {
        try await withGateway { gateway in
            gateway.reply("GET /tasks", ScriptedGateway.list([]))
            let run = try await gateway.run(["run", "--conversation", other, "x"])
            #expect(run.status == .exited(0), "\(run)")
            let sent = try #require(gateway.requests("POST /tasks").first)
            #expect(sent.field("conversation_id") == other && sent.field("target") == "default")
        }
    }
}
