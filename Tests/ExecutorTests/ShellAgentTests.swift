import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("The shell agent with the real /bin/sh")
struct ShellAgentTests {
    private let folder: TemporaryDirectory
    private let sink = RecordingSink()
    private let children = LiveChildren()

    init() throws { folder = try TemporaryDirectory() }

    private func agent(allowed: Bool = true, linger: Double = 0.3) -> ShellAgent {
        ShellAgent(
            allowed: allowed, environment: ["PATH": "/usr/bin:/bin", "WEGENT_TOKEN": "secret"], children: children,
            temporary: folder.path, linger: linger)
    }

    private func start(_ command: String, linger: Double = 0.3, split: Bool = false) async throws -> any AgentRun {
        var turn = makeTurn(command, in: folder.path)
        turn.splitOutput = split
        return try await agent(linger: linger).start(turn, sink: sink)
    }

    private func run(_ command: String, split: Bool = false) async throws -> TurnOutcome {
        let run = try await start(command, split: split)
        return try await deadline("the end of the command") { await run.outcome() }
    }

    /// Whether a process runs; one that has ended and waits for its parent does not.
    private func isAlive(_ pid: Int32) -> Bool {
        guard kill(pid, 0) == 0 else { return false }
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    @Test("Output streams, in the task's directory, with the marker and without the token")
    func streamsOutput() async throws {
        let outcome = try await run("pwd; echo $WEGENT_TASK; echo token=$WEGENT_TOKEN")
        #expect(outcome == TurnOutcome(state: .completed, fault: nil, exitCode: 0))
        let lines = sink.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 3)
        #expect(lines[0].hasSuffix(folder.path))
        #expect(lines[1].hasSuffix("/1"))
        #expect(lines[2] == "token=")
    }

    @Test("A status other than 0 is a failure that names it")
    func failsWithStatus() async throws {
        let outcome = try await run("exit 3")
        #expect(outcome.state == .failed)
        #expect(outcome.exitCode == 3)
        #expect(outcome.fault?.code == .exitStatus)
        #expect(outcome.fault?.message.contains("status 3") == true)
    }

    @Test("An end by signal is a failure that names it")
    func failsWithSignal() async throws {
        let outcome = try await run("kill -9 $$")
        #expect(outcome.exitCode == 137)
        #expect(outcome.fault?.message.contains("signal 9") == true)
    }

    @Test("Standard error is marked where the outputs are split, and only there")
    func marksStandardError() async throws {
        _ = try await run("echo out; echo err >&2", split: true)
        #expect(sink.bytes() == Array("out\n".utf8))
        #expect(sink.bytes(stderr: true) == Array("err\n".utf8))
    }

    @Test("Both outputs arrive in the order of writing: the shell's own trace")
    func ordersTrace() async throws {
        for _ in 0..<5 {
            let before = sink.text.count
            _ = try await run("set -x; echo one; echo two; i=3; echo $i")
            #expect(sink.text.dropFirst(before) == "+ echo one\none\n+ echo two\ntwo\n+ i=3\n+ echo 3\n3\n")
        }
        #expect(sink.bytes(stderr: true) == [])
    }

    @Test("Both outputs arrive in the order of writing: another program, and many lines")
    func ordersManyLines() async throws {
        _ = try await run(
            "i=0; while [ $i -lt 500 ]; do echo out $i; cat nothing.$i; i=$((i+1)); done 2>&1 | cat; echo x >&2; echo y; echo z >&2"
        )
        let lines = sink.text.split(separator: "\n")
        #expect(lines.count == 1003)
        #expect((0..<500).allSatisfy { lines[2 * $0] == "out \($0)" && lines[2 * $0 + 1].contains("nothing.\($0):") })
        #expect(lines.suffix(3) == ["x", "y", "z"])
        _ = try await run("python3 -c 'import os\nfor i in range(300): os.write(1 + i % 2, b\"%d\\n\" % i)'")
        #expect(sink.text.hasSuffix((0..<300).map { "\($0)\n" }.joined()))
    }

    @Test("Text in another encoding stays readable, and its bytes arrive")
    func keepsEncodings() async throws {
        _ = try await run(
            #"printf 'Gr\374\337e\n'; sleep 0.1; printf '\223\372\226{ ok\n'; printf '\346'; sleep 0.1; printf '\274\242\n'"#
        )
        #expect(sink.text == "Gr\u{fffd}\u{fffd}e\n\u{fffd}\u{fffd}\u{fffd}{ ok\n漢\n")
        #expect(sink.bytes().starts(with: [0x47, 0x72, 0xfc, 0xdf, 0x65, 0x0a, 0x93, 0xfa, 0x96, 0x7b]))
    }

    @Test("Control characters, colours and a last line without a newline arrive")
    func keepsControlCharacters() async throws {
        _ = try await run(#"printf 'a\000b\033[31mred'"#)
        #expect(sink.bytes() == Array("a\0b\u{1b}[31mred".utf8))
    }

    @Test("Bytes that are not UTF-8 arrive")
    func keepsBinaryOutput() async throws {
        _ = try await run("head -c 200000 /dev/urandom > noise; cat noise")
        #expect(sink.bytes() == [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("noise")))))
    }

    @Test("A large output arrives whole")
    func keepsLargeOutput() async throws {
        _ = try await run("seq 1 200000")
        #expect(sink.text == (1...200_000).map { "\($0)\n" }.joined())
        #expect(sink.events.allSatisfy { $0.payload.count <= 66 << 10 })
    }

    @Test("Output arrives while the command runs")
    func streamsWhileRunning() async throws {
        let run = try await start("echo first; while [ ! -e go ]; do sleep 0.02; done; echo second")
        try await eventually("the first line") { sink.text == "first\n" }
        try folder.write("", to: "go")
        #expect(await run.outcome().state == .completed)
        #expect(sink.text == "first\nsecond\n")
    }

    @Test("The output of a background child soon after the end is kept, and the child does not outlive the task")
    func lingersForBackgroundChild()
        async throws
    {
        let run = try await start("(sleep 0.2; echo late; sleep 600) & echo $!; exit 0", linger: 2)
        let outcome = try await deadline("the end") { await run.outcome() }
        #expect(outcome.state == .completed)
        let lines = sink.text.split(separator: "\n").map(String.init)
        #expect(lines.last == "late")
        let pid = try #require(Int32(lines[0]))
        try await eventually("the child's end") { !isAlive(pid) }
    }

    @Test("A stop ends the whole group")
    func stopEndsGroup() async throws {
        let run = try await start("sleep 600 & echo $!; sleep 600")
        let pid = try await eventually("the child's number") {
            Int32(sink.text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        await run.stop(grace: 5)
        let outcome = try await deadline("the end") { await run.outcome() }
        #expect(outcome.state == .cancelled)
        #expect(!isAlive(pid))
    }

    @Test("A process that ignores the polite signal is killed after the grace")
    func killsAfterGrace() async throws {
        let run = try await start(
            "trap '' TERM; (trap '' TERM; echo $BASHPID; while :; do sleep 1; done) & echo $!; wait; sleep 600")
        let pid = try await eventually("the child's number") {
            sink.text.split(separator: "\n").last.flatMap { Int32($0) }
        }
        let start = ContinuousClock.now
        await run.stop(grace: 0.5)
        let outcome = try await deadline("the end") { await run.outcome() }
        #expect(outcome.state == .cancelled)
        #expect(ContinuousClock.now - start >= .milliseconds(500))
        try await eventually("the child's end") { !isAlive(pid) }
    }

    @Test("A stopped command is cancelled whatever status it ends with")
    func stoppedIsCancelled() async throws {
        let run = try await start("trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done")
        try await eventually("the trap") { sink.text == "up\n" }
        await run.stop(grace: 5)
        #expect(try await deadline("the end") { await run.outcome() }.state == .cancelled)
    }

    @Test("A command line longer than an argument may be works, and leaves no file")
    func runsLongCommand() async throws {
        let outcome = try await run("echo " + String(repeating: "x", count: 300_000) + " | wc -c")
        #expect(outcome.state == .completed)
        #expect(sink.text.trimmingCharacters(in: .whitespacesAndNewlines) == "300001")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test(
        "A command line that begins with a dash is run as it stands, also as a script",
        arguments: [("- item", "-: not found"), ("--x y", "--x: not found"), ("-e", "-e: not found")])
    func runsDashes(_ command: String, _ error: String) async throws {
        let long = "\n# " + String(repeating: "x", count: 100_000)
        for line in [command, command + long] {
            #expect(try await run(line).exitCode == 127)
            #expect(sink.text.hasSuffix("\(error)\n"), "\(sink.text)")
        }
    }

    @Test("Every shell that may be /bin/sh takes the arguments of a command line", arguments: ["dash", "bash"])
    func knowsShells(_ shell: String) async throws {
        let result = try await run("\(shell) -c -- '- item' 2>&1; echo $?")
        #expect(result.state == .completed && sink.text.hasSuffix(" not found\n127\n"), "\(sink.text)")
    }

    @Test("The standard input is empty")
    func emptyInput() async throws {
        #expect(try await run("cat; echo end").state == .completed)
        #expect(sink.text == "end\n")
    }

    @Test("The shell agent is refused where the device does not allow it")
    func refusesWhereNotAllowed() async throws {
        let turn = makeTurn("true", in: folder.path)
        let fault = await #expect(throws: Fault.self) { try await agent(allowed: false).start(turn, sink: sink) }
        #expect(fault?.code == .agentNotAllowed)
        #expect(fault?.message.contains("--allow-shell") == true)
        #expect(await agent(allowed: false).describe().ready == false)
    }

    @Test("A directory that is gone fails the start")
    func missingDirectoryFailsStart() async throws {
        let turn = makeTurn("true", in: folder.file("gone"))
        let fault = await #expect(throws: Fault.self) { try await agent().start(turn, sink: sink) }
        #expect(fault?.code == .spawnFailed)
    }

    @Test("Many runs leave no descriptor open")
    func closesDescriptors() async throws {
        func descriptors() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0 }
        for _ in 0..<20 { _ = try await run("echo hi; echo ho >&2") }
        let before = descriptors()
        for _ in 0..<60 { _ = try await run("echo hi; echo ho >&2") }
        try await eventually("the descriptors are closed", within: .seconds(10)) { descriptors() < before + 30 }
    }
}
