import TestSupport
import Testing

@Suite("Standard output that cannot be written", .timeLimit(.minutes(2)))
struct FullOutputTests {
    private static let commands = [
        "--help", "--version", "help run", "run --help", "devices --help", "--generate-completion-script bash", "tasks",
        "tasks --json", "logs \(ScriptedGateway.task)", "logs --json \(ScriptedGateway.task)",
        "logs -f \(ScriptedGateway.task)", "run x", "run --json x", "retry \(ScriptedGateway.task)", "approvals",
        "approvals --json", "approvals --watch", "approve --json \(ScriptedGateway.approval)",
        "deny --json \(ScriptedGateway.approval)", "conversations", "conversations --json", "devices", "devices --json",
        "devices rename --json box x", "defaults", "defaults set --json priority=high", "token list", "token create",
    ]

    private func withGateway(_ body: (ScriptedGateway) async throws -> Void) async throws {
        let gateway = try ScriptedGateway()
        defer { gateway.stop() }
        let (task, approval) = (ScriptedGateway.task, ScriptedGateway.approval)
        let device = #"""
            {"id":"box","name":"box","status":"online","is_default":true,"slots":{"used":0,"total":5},"agents":[]}
            """#
        let token = #"""
            {"id":"01a20389-2b51-7a0e-8c11-1f0a4d3e7b60","name":"t","token":"x","created_at":"2026-03-01T09:30:00.250Z",
             "expires_at":"2026-03-01T09:30:00.250Z","last_used_at":null,"revoked_at":null}
            """#
        let conversation = #"""
            {"id":"\#(ScriptedGateway.conversation)","title":"x","created_at":"2026-03-01T09:30:00.250Z","tasks":1,
             "updated_at":"2026-03-01T09:30:00.250Z","state":"failed","last_task_id":null,"device_id":"box",
             "device_name":null}
            """#
        let event = #"""
            {"seq":1,"kind":"agent_message_chunk","time":"2026-03-01T09:30:00.250Z",
             "data":{"content":{"type":"text","text":"hello\n"}}}
            """#
        let defaults = #"{"priority":"high","effective":{"priority":"high"}}"#
        gateway.reply("POST /tasks", 202, ScriptedGateway.task())
        gateway.reply("POST /tasks/\(task)/retry", 202, ScriptedGateway.task())
        gateway.reply("GET /tasks", ScriptedGateway.list([ScriptedGateway.task()]))
        gateway.reply("GET /tasks/\(task)", ScriptedGateway.task())
        gateway.reply("GET /tasks/\(task)/events", #"{"items":[\#(event)],"next":null}"#)
        gateway.reply("GET /approvals", ScriptedGateway.list([ScriptedGateway.approval()]))
        gateway.reply("POST /tasks/\(task)/approvals/\(approval)", ScriptedGateway.approval())
        gateway.reply("GET /conversations", ScriptedGateway.list([conversation]))
        gateway.reply("GET /devices", #"{"items":[\#(device)],"total":1}"#)
        gateway.reply("PATCH /devices/box", device)
        gateway.reply("GET /me/defaults", defaults)
        gateway.reply("PATCH /me/defaults", defaults)
        gateway.reply("GET /tokens", #"{"items":[\#(token)],"total":1}"#)
        gateway.reply("POST /tokens", 201, token)
        gateway.emit("agent_message_chunk", #"{"content":{"type":"text","text":"hello\n"}}"#)
        gateway.emit("state", #"{"state":"completed"}"#)
        try await body(gateway)
    }

    @Test(
        "Every command that prints says that a full disk keeps its output away, and exits with 74", arguments: commands)
    func fullDisk(_ command: String) async throws {
        try await withGateway { gateway in
            let run = try await gateway.shell("\(command) > /dev/full")
            #expect(run.status == .exited(74), "\(run)")
            #expect(
                run.errors.contains("wegent: error: standard output cannot be written: No space left on device\n"),
                "\(run)")
        }
    }

    @Test(
        "The commands above succeed where their output can be written",
        arguments: commands.filter { !$0.contains("--watch") })
    func control(_ command: String) async throws {
        try await withGateway { gateway in
            let run = try await gateway.shell(command)
            #expect(run.status == .exited(0) && !run.output.isEmpty, "\(run)")
        }
    }

    @Test(
        "A closed standard output is an error, a reader that has left is not reported", arguments: ["tasks", "run x"])
    func closedOutput(_ command: String) async throws {
        try await withGateway { gateway in
            let closed = try await gateway.shell("\(command) >&-")
            #expect(closed.status == .exited(74) && closed.errors.contains("cannot be written"), "\(closed)")
            // A descriptor that can only be read.
            let reading = try await gateway.shell("\(command) 1</dev/null")
            #expect(reading.status == .exited(74) && reading.errors.contains("Bad file descriptor"), "\(reading)")
        }
    }

    @Test("A full standard error does not change the result")
    func fullErrors() async throws {
        try await withGateway { gateway in
            let run = try await gateway.shell("logs \(ScriptedGateway.task) 2>/dev/full")
            #expect(run.status == .exited(0) && run.output == "hello\n", "\(run)")
        }
    }

    @Test(
        "The services' programs say it too",
        arguments: [
            "executor --help", "executor --version", "executor environment", "executor environment --json",
            "gateway --help", "gateway --version", "gateway user --help", "registry --help", "registry --version",
            "dispatcher --help", "dispatcher --generate-completion-script bash",
        ])
    func services(_ command: String) async throws {
        let folder = try TemporaryDirectory()
        func run(_ redirection: String) async throws -> ChildProcess {
            let child = try ChildProcess(
                "/bin/sh", ["-c", "exec \(Binaries.folder)/wegent-\(command) \(redirection)"],
                environment: ["HOME": folder.path])
            _ = try await child.exit()
            return child
        }
        let full = try await run("> /dev/full")
        let name = "wegent-" + command.prefix { $0 != " " }
        #expect(try await full.exit() == .exited(74))
        #expect(
            full.stderr.text == "\(name): error: standard output cannot be written: No space left on device\n",
            "\(full.stderr.text)")
        #expect(try await run(">&-").exit() == .exited(74))
        let fine = try await run("")
        #expect(try await fine.exit() == .exited(0))
        #expect(!fine.stdout.text.isEmpty && !fine.stdout.text.hasSuffix("\n\n"), "\(fine.stdout.text)")
    }

    @Test("A new user's password that cannot be printed is an error")
    func password() async throws {
        let folder = try TemporaryDirectory()
        let child = try ChildProcess(
            "/bin/sh",
            ["-c", "exec \"$0\" user add ada --data \"$1\" > /dev/full", Binaries.gateway, folder.file("d")],
            environment: ["HOME": folder.path])
        #expect(try await child.exit() == .exited(74))
        #expect(child.stderr.text.contains("standard output cannot be written"), "\(child.stderr.text)")
    }

    @Test("`wegent up` ends when its line of readiness cannot be written")
    func up() async throws {
        let folder = try TemporaryDirectory()
        let child = try ChildProcess(
            "/bin/sh",
            ["-c", "exec \"$0\" up --json --port 0 --data \"$1\" > /dev/full", Binaries.wegent, folder.file("d")],
            environment: ["HOME": folder.path])
        #expect(try await child.exit() == .exited(74))
        #expect(child.stderr.text.contains("standard output cannot be written"), "\(child.stderr.text)")
    }
}
