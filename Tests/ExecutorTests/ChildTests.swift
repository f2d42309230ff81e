import Foundation
import Messages
import NIOCore
import TestSupport
import Testing

@testable import Executor

@Suite("Children")
struct ChildTests {
    private let folder: TemporaryDirectory
    private let children = LiveChildren()

    init() throws { folder = try TemporaryDirectory() }

    private func start(
        _ script: String, input: Bool = false, output: Child.Outputs = .split, terminal: TerminalSize? = nil,
        environment: [String: String] = [:]
    ) async throws -> Child {
        try await Child.start(
            Command(
                executable: "/bin/sh", arguments: ["-c", script],
                environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, directory: folder.path),
            input: input, output: output, terminal: terminal, in: children)
    }

    /// Runs a script to its end and returns its outputs.
    private func run(
        _ script: String, output: Child.Outputs = .split, terminal: TerminalSize? = nil,
        environment: [String: String] = [:]
    ) async throws -> (output: String, errors: String, code: Int32) {
        let child = try await start(script, output: output, terminal: terminal, environment: environment)
        return try await deadline("the end of the child") {
            async let errors = child.errors.collect(limit: 1 << 20)
            let output = await child.output.collect(limit: 1 << 20)
            let result = (output, await errors, await child.wait().code)
            await child.end(grace: 0)
            return result
        }
    }

    @Test("Outputs and exit status arrive; the input is empty")
    func runs() async throws {
        let result = try await run("cat; echo out; echo err >&2; exit 7")
        #expect(result == ("out\n", "err\n", 7))
        #expect(try await run("kill -SEGV $$").code == 128 + SIGSEGV)
    }

    @Test("Only the standard streams reach a child", arguments: [nil, TerminalSize(columns: 80, rows: 24)])
    func leavesDescriptors(_ terminal: TerminalSize?) async throws {
        // Not close-on-exec, as a library may open it.
        let open = dup(1)
        defer { close(open) }
        let numbers = try await run("exec ls /proc/self/fd", terminal: terminal).output
        // 3 is the directory that ls reads.
        #expect(numbers.split(whereSeparator: \.isWhitespace) == ["0", "1", "2", "3"])
    }

    @Test("A child leads a session of its own")
    func leadsSession() async throws {
        let child = try await start("cut -d' ' -f1,5,6 /proc/$$/stat")
        let numbers = await child.output.collect(limit: 100).split(whereSeparator: \.isWhitespace)
        _ = await child.wait()
        #expect(numbers == ["\(child.pid)", "\(child.pid)", "\(child.pid)"])
        child.closeStreams()
    }

    @Test("Merged outputs keep the order of writing")
    func mergesOutputs() async throws {
        let script = (0..<200).map { "echo o\($0); echo e\($0) >&2" }.joined(separator: "; ")
        let result = try await run(script, output: .merged)
        #expect(result.output == (0..<200).map { "o\($0)\ne\($0)\n" }.joined())
        #expect(result.errors == "")
    }

    @Test("A child may have a terminal of a size, as its controlling one")
    func hasTerminal() async throws {
        let result = try await run(
            "! test -t 0 && test -t 1 && test -t 2 && stty size </dev/tty && echo $TERM > /dev/tty; echo err >&2; exit 3",
            terminal: TerminalSize(columns: 101, rows: 33))
        #expect(result == ("33 101\r\nxterm-256color\r\nerr\r\n", "", 3))
        let kept = try await run(
            "echo $TERM", terminal: TerminalSize(columns: 80, rows: 24), environment: ["TERM": "screen"])
        #expect(kept.output == "screen\r\n")
    }

    @Test("A terminal changes its size, and is gone with the child")
    func resizesTerminal() async throws {
        let child = try await start(
            "trap 'stty size </dev/tty; exit' WINCH; echo ready; while :; do sleep 0.05; done",
            terminal: TerminalSize(columns: 80, rows: 24))
        let output = LineBox()
        let reader = Task {
            await child.output.readAll { bytes in
                output.append(String(decoding: bytes, as: UTF8.self))
                if output.text == "ready\r\n" { child.resize(TerminalSize(columns: 132, rows: 50)) }
            }
        }
        #expect(try await deadline("the end") { await child.wait() } == .exited(0))
        await reader.value
        #expect(output.text == "ready\r\n50 132\r\n")
        child.resize(TerminalSize(columns: 1, rows: 1))
        child.closeStreams()
    }

    @Test("A large output of a terminal arrives whole; at the end of the child its background children are hung up")
    func readsTerminalToEnd() async throws {
        let result = try await run(
            "seq 1 50000; (sleep 600; echo late) & ", terminal: TerminalSize(columns: 80, rows: 24))
        #expect(result.output == (1...50_000).map { "\($0)\r\n" }.joined())
    }

    @Test(
        "A start that fails names the step, and leaves no descriptor and no child",
        arguments: [
            ("/nowhere/program", "/", "no such program"), ("/bin/true", "/nowhere", "directory /nowhere"),
            ("/etc/passwd", "/", "Permission denied"), ("/bin/true", "/etc/passwd", "Not a directory"),
        ])
    func namesFailure(_ program: String, _ directory: String, _ text: String) async throws {
        let command = Command(executable: program, arguments: [], environment: [:], directory: directory)
        let fault = await #expect(throws: Fault.self) {
            try await Child.start(command, input: true, terminal: nil, in: children)
        }
        #expect(fault?.code == .spawnFailed)
        #expect(fault?.message.contains(program) == true && fault?.message.contains(text) == true, "\(fault!)")
        #expect(children.count == 0)
    }

    @Test("Arguments that are too long fail the start")
    func namesTooLong() async throws {
        let fault = await #expect(throws: Fault.self) { try await start(String(repeating: "x", count: 200_000)) }
        #expect(fault?.message.contains("too long") == true)
    }

    @Test("A program that is still being written is started when it is complete")
    func waitsForWriter() async throws {
        let path = folder.file("program")
        try FileManager.default.copyItem(atPath: "/bin/true", toPath: path)
        // No process that another test starts meanwhile may hold it open as well.
        let writer = open(path, O_WRONLY | O_CLOEXEC)
        #expect(writer >= 0)
        Thread.detachNewThread {
            usleep(60_000)
            close(writer)
        }
        let child = try await Child.start(
            Command(executable: path, arguments: [], environment: [:], directory: "/"), input: false, in: children)
        #expect(await child.wait() == .exited(0))
        child.closeStreams()
    }

    @Test("Each of many children that end at once is collected with its own status")
    func collectsMany() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let child = try await start("exit \(number)")
                    #expect(await child.wait() == .exited(Int32(number)))
                    #expect(await child.wait() == .exited(Int32(number)))
                    child.closeStreams()
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Text that grows.
private final class LineBox: @unchecked Sendable {
    private let lock = NSLock()
    private var value = ""
    var text: String { lock.withLock { value } }
    func append(_ more: String) { lock.withLock { value += more } }
}
