import Foundation
import Messages
import TestSupport
import Testing

@testable import CLI

@Suite("Options of `wegent run`, by a real `wegent` process against a scripted gateway", .timeLimit(.minutes(2)))
struct RunOptionTests {
    private let messages = "POST /tasks/\(ScriptedGateway.task)/messages"

    private func withGateway(_ body: (ScriptedGateway) async throws -> Void) async throws {
        let gateway = try ScriptedGateway()
        defer { gateway.stop() }
        gateway.reply("POST /tasks", 202, ScriptedGateway.task())
        gateway.reply("GET /tasks", ScriptedGateway.list([ScriptedGateway.task()]))
        gateway.emit("agent_message_chunk", #"{"content":{"type":"text","text":"old\n"}}"#)
        gateway.emit("agent_message_chunk", #"{"content":{"type":"text","text":"new\n"}}"#)
        gateway.emit("state", #"{"state":"completed"}"#)
        try await body(gateway)
    }

    private var steer: [String] { ["run", "--conversation", ScriptedGateway.conversation, "--steer", "not", "that"] }

    @Test("--steer gives the prompt to the running turn and shows what follows")
    func steers() async throws {
        try await withGateway { gateway in
            gateway.reply(messages, 202, #"{"id":"01a2038b-11f0-7aa2-8c31-5f1f3b6e9d03"}"#)
            let run = try await gateway.run(steer)
            #expect(run.status == .exited(0) && run.output == "new\n", "\(run)")
            #expect(run.errors.contains("given to task \(ScriptedGateway.task)"), "\(run)")
            let sent = try #require(gateway.requests("POST").first)
            #expect(gateway.requests("POST").count == 1 && sent.field("text") == "not that" && sent.field("id") != nil)
            #expect(gateway.requests.contains { $0.line.contains("state=assigned,running") })
        }
    }

    @Test("--steer sends a task as usual when nothing runs, or no longer runs", arguments: [true, false])
    func steersNothing(_ hasEnded: Bool) async throws {
        try await withGateway { gateway in
            gateway.reply(messages, 409, #"{"detail":"it has ended","code":"conflict"}"#)
            if !hasEnded { gateway.reply("GET /tasks", ScriptedGateway.list([])) }
            let run = try await gateway.run(steer)
            #expect(run.status == .exited(0) && run.output == "old\nnew\n", "\(run)")
            #expect(gateway.requests("POST /tasks").last?.field("prompt") == "not that")
        }
    }

    @Test("--steer reports an agent that takes no messages while it works")
    func steersInVain() async throws {
        try await withGateway { gateway in
            gateway.reply(messages, 409, #"{"detail":"shell takes none","code":"steer_unsupported"}"#)
            let run = try await gateway.run(steer)
            #expect(run.status == .exited(1) && run.errors.contains("shell takes none (steer_unsupported)"), "\(run)")
            #expect(!gateway.requests.contains { $0.line == "POST /tasks" })
        }
    }

    @Test("A message whose reply was lost is repeated with the same id")
    func repeatsMessage() async throws {
        try await withGateway { gateway in
            gateway.reply(messages, 0, "")
            _ = try await gateway.run(steer)
            let ids = gateway.requests(messages).map { $0.field("id") }
            // libcurl itself repeats a request once where a kept connection was closed meanwhile.
            #expect((3...4).contains(ids.count) && ids[0] != nil && Set(ids).count == 1, "\(ids)")
        }
    }

    @Test("--tty, --split-output, --background and --on-limit are sent")
    func sendsFields() async throws {
        try await withGateway { gateway in
            _ = try await gateway.run(["run", "--agent", "shell", "--tty", "--background", "stop", "x"])
            let terminal = try #require(gateway.requests("POST").last?.body)
            #expect(terminal.contains(#""terminal":{"columns":80,"rows":24}"#), "\(terminal)")
            #expect(terminal.contains(#""background":"stop""#) && !terminal.contains("split_output"))
            _ = try await gateway.run(["run", "--agent", "shell", "--split-output", "--on-limit", "wait", "x"])
            let split = try #require(gateway.requests("POST").last?.body)
            #expect(split.contains(#""split_output":true"#) && split.contains(#""on_limit":"wait""#), "\(split)")
            #expect(!split.contains("terminal"))
        }
    }

    @Test("--tty and --split-output are sent for any agent: only its device knows whether it takes them")
    func sendsTerminal() async throws {
        try await withGateway { gateway in
            for (option, field) in [("--tty", #""terminal":{"#), ("--split-output", #""split_output":true"#)] {
                _ = try await gateway.run(["run", "--agent", "claude-code", option, "x"])
                #expect(gateway.requests("POST").last?.body.contains(field) == true, "\(option)")
            }
        }
    }

    @Test("background and on-limit are defaults, too")
    func defaults() throws {
        #expect(try ChoiceName.field("on-limit") == "on_limit")
        let choices = Choices(background: .stop, onLimit: .wait)
        #expect(ChoiceName.text(choices, "background") == "stop" && ChoiceName.text(choices, "on_limit") == "wait")
    }

    @Test(
        "Options that contradict each other are refused",
        arguments: [
            (["--steer"], "-c"), (["--tty", "--split-output"], "--split-output"),
            (["--background", "never"], "background"),
            (["--on-limit", "cry"], "on-limit"),
        ])
    func refuses(_ options: [String], _ name: String) {
        let error = #expect(throws: (any Error).self) { try Wegent.parseAsRoot(["run", "x"] + options) }
        #expect(error.map { Wegent.exitCode(for: $0) } == .validationFailure)
        #expect(error.map { Wegent.message(for: $0) }?.contains(name) == true)
    }

    @Test("Completion offers the names of devices and agents, and nothing without a gateway")
    func completes() async throws {
        try await withGateway { gateway in
            let device = #"""
                {"id":"box","name":"build box","status":"online","is_default":true,"slots":{"used":0,"total":5},
                 "agents":[{"name":"shell","version":null,"ready":true,"detail":null}]}
                """#
            gateway.reply("GET /devices", #"{"items":[\#(device)],"total":1}"#)
            func complete(_ option: String) async throws -> String {
                try await gateway.run(["---completion", "run", "--", option, "2", "0", "wegent", "run", option, ""])
                    .output
            }
            let devices = try await complete("--device")
            let agents = try await complete("--agent")
            #expect(devices.contains("build box") && agents.contains("shell"), "\(devices) \(agents)")
            gateway.reply("GET /devices", 500, "")
            let none = try await complete("--device")
            #expect(none.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(none)")
        }
    }
}
