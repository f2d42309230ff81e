import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("The terminal of a shell command")
struct ShellTerminalTests {
    private let folder: TemporaryDirectory
    private let sink = RecordingSink()
    private let children = LiveChildren()
    private let size = TerminalSize(columns: 80, rows: 24)

    init() throws { folder = try TemporaryDirectory() }

    private func start(
        _ command: String, _ terminal: TerminalSize?, sink other: RecordingSink? = nil
    ) async throws -> any AgentRun {
        var turn = makeTurn(command, in: folder.path)
        turn.terminal = terminal
        let agent = ShellAgent(
            allowed: true, environment: ["PATH": "/usr/bin:/bin"], children: children, temporary: folder.path,
            linger: 0.3)
        return try await agent.start(turn, sink: other ?? sink)
    }

    private func run(_ command: String, _ terminal: TerminalSize?) async throws -> TurnOutcome {
        let run = try await start(command, terminal)
        return try await deadline("the end of the command") { await run.outcome() }
    }

    /// Whether a process runs; one that has ended and waits for its parent does not.
    private func isAlive(_ pid: Int32) -> Bool {
        guard kill(pid, 0) == 0 else { return false }
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    @Test("A task with a terminal has its size, and its programs find one", arguments: [(100, 30), (40, 10)])
    func hasTerminal(_ columns: Int, _ rows: Int) async throws {
        let outcome = try await run(
            "stty size </dev/tty; ! test -t 0 && test -t 1 && test -t 2 && echo terminal; ls --color=auto -d /; echo err >&2",
            TerminalSize(columns: columns, rows: rows))
        #expect(outcome.state == .completed)
        #expect(sink.text.hasPrefix("\(rows) \(columns)\r\nterminal\r\n"))
        #expect(sink.text.contains("\u{1b}[") && sink.text.hasSuffix("err\r\n"))
        _ = try await run("test -t 1 || echo none", nil)
        #expect(sink.text.hasSuffix("none\n"))
    }

    @Test("A size change reaches the program")
    func resizesTerminal() async throws {
        let run = try await start(
            "trap 'stty size </dev/tty; exit' WINCH; echo up; while :; do sleep 0.05; done", size)
        try await eventually("the trap") { sink.text == "up\r\n" }
        await run.resize(TerminalSize(columns: 132, rows: 50))
        #expect(try await deadline("the end") { await run.outcome() }.state == .completed)
        #expect(sink.text == "up\r\n50 132\r\n")
    }

    @Test("The input is at its end, however often it is read")
    func emptyInput() async throws {
        let reads = "i=0; while [ $i -lt 70 ]; do read x; i=$((i+1)); done"
        #expect(try await run("cat; \(reads); echo end", size).state == .completed)
        #expect(sink.text == "end\r\n")
    }

    @Test("A program that asks at the terminal itself finds the end of its input, as often as it asks")
    func endsPrompts() async throws {
        let script = "import getpass\nfor i in range(3):\n  try: getpass.getpass()\n  except EOFError: print(\"none\")"
        #expect(
            try await deadline("the prompts", .seconds(20)) { try await run("python3 -c '\(script)'", size) }.state
                == .completed)
        #expect(sink.text.split(separator: "none").count == 4 && sink.text.hasPrefix("Password: "), "\(sink.text)")
        let reads = "i=0; while [ $i -lt 70 ]; do read x </dev/tty; i=$((i+1)); done; echo end"
        #expect(try await run(reads, size).state == .completed)
        #expect(sink.text.hasSuffix("end\r\n"))
    }

    @Test("A program in raw mode gets no byte that nobody typed")
    func inventsNothing() async throws {
        let raw = try await start("stty raw </dev/tty; echo up; head -c 1 </dev/tty; echo got", size)
        try await eventually("raw mode") { sink.text.hasPrefix("up") }
        // Another command whose reads end meanwhile: several ends of input are offered.
        let other = RecordingSink()
        let reads = try await start("cat </dev/tty; sleep 0.1; cat </dev/tty; echo end", size, sink: other)
        #expect(try await deadline("the reads") { await reads.outcome() }.state == .completed)
        #expect(other.text == "end\r\n" && sink.text == "up\n", "\(sink.text)")
        await raw.stop(grace: 5)
        #expect(try await deadline("the end") { await raw.outcome() }.state == .cancelled)
        #expect(sink.text == "up\n", "\(sink.text)")
    }

    @Test("What was offered to nobody is not there when a program turns to raw mode")
    func leavesNothing() async throws {
        let late = try await start(
            "while [ ! -e go ]; do sleep 0.05; done; stty raw min 0 time 5 </dev/tty; head -c 1 </dev/tty | wc -c", size
        )
        let reads = try await start("cat </dev/tty; sleep 0.1; cat </dev/tty", size, sink: RecordingSink())
        #expect(try await deadline("the reads") { await reads.outcome() }.state == .completed)
        try folder.write("", to: "go")
        #expect(try await deadline("the end") { await late.outcome() }.state == .completed)
        #expect(sink.text == "0\n", "\(sink.text)")
    }

    @Test("A large output of a terminal arrives whole, and its processes end with the task")
    func largeTerminalOutput() async throws {
        let run = try await start("seq 1 50000; sleep 600 & echo pid $!", size)
        #expect(try await deadline("the end") { await run.outcome() }.state == .completed)
        #expect(sink.text.hasPrefix((1...50_000).map { "\($0)\r\n" }.joined()))
        let pid = try #require(
            sink.text.split(separator: " ").last.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) })
        try await eventually("the child's end") { !isAlive(pid) }
    }

    @Test("A command with a terminal can be stopped")
    func stopsTerminal() async throws {
        let run = try await start("echo up; sleep 600", size)
        try await eventually("the start") { sink.text == "up\r\n" }
        await run.stop(grace: 5)
        #expect(try await deadline("the end") { await run.outcome() }.state == .cancelled)
    }
}
