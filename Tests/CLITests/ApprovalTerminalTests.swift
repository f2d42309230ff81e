import Foundation
import TestSupport
import Testing

/// Questions on a real terminal; the gateway is played.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Tmux.isThere, "tmux is not installed; deploy/setup --tests does that"))
struct ApprovalTerminalTests {
    let gateway: StubGateway
    let tmux: Tmux
    /// Where the id of the process is.
    private let pid: String
    private let path = "/tasks/\(StubGateway.task)/approvals/\(StubGateway.approval)"
    private let question = "▸ allow Bash: npm test? y once · n no · a in this conversation"
    private let request = "? Bash: npm test\n  a, or `approve --conversation`, allows: Bash(npm test:*)\n"

    init() async throws {
        gateway = try StubGateway()
        gateway.answer("POST /tasks", 202, StubGateway.task())
        gateway.answer("GET /tasks/\(StubGateway.task)", StubGateway.task())
        let folder = try TemporaryDirectory()
        pid = folder.file("pid")
        tmux = try await Tmux(in: folder, environment: gateway.environment, columns: 100)
        try await tmux.type(
            "clear; sh -c \"echo \\$\\$ > \(pid); exec \(Binaries.wegent) run 'test it'\"; echo code $?; stty -a | grep -c ' echo '"
        )
        gateway.emit("state", #"{"state":"running","device_name":"Linux - box"}"#)
        try await tmux.screen("the status line") { $0.contains("running") }
    }

    /// Ends the task and looks whether the terminal is as it was.
    private func end() async throws -> String {
        gateway.emit("state", #"{"state":"completed"}"#)
        let end = try await tmux.screen("the end") { $0.contains("code 0\n1\n") }
        #expect(!end.contains("▸"), "\(end)")
        gateway.stop()
        return end
    }

    @Test func aKeyAnswersAndTheTaskGoesOn() async throws {
        // Typed before there was a question: no answer to it.
        try await tmux.press("y")
        gateway.answer("POST \(path)", StubGateway.approval(StubGateway.approval, #""state":"allowed""#))
        gateway.emit("permission_request", StubGateway.approval())
        try await tmux.screen("the question") { $0.contains(request + question) }
        #expect(gateway.asked("POST \(path)").isEmpty)
        try await tmux.press("a")
        try await eventually("the answer", within: .seconds(20)) { gateway.asked("POST \(path)").count == 1 }
        #expect(gateway.asked("POST \(path)").first?.body == #"{"decision":"allow","scope":"conversation"}"#)
        try await tmux.screen("the status line again") { $0.contains("Ctrl-C cancels") && !$0.contains("n no") }
        gateway.emit(
            "permission_resolved",
            StubGateway.approval(
                StubGateway.approval, #""state":"allowed","scope":"conversation","resolved_by":"ada (x)""#))
        try await tmux.screen("the resolution") { $0.contains("✓ allowed in this conversation by ada (x)\n") }
        #expect(try await end().contains(request + "✓ allowed"))
    }

    @Test func aDenialAsksForTheReason() async throws {
        gateway.answer("POST \(path)", 503, #"{"detail":"no dispatcher","code":"unavailable"}"#)
        gateway.emit("permission_request", StubGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        try await tmux.press("n")
        try await tmux.screen("the question why") { $0.contains("▸ no, because") }
        try await tmux.type("use stagging")
        // It did not get through, so it is asked once more.
        try await tmux.screen("the remark") {
            $0.contains("did not get through: no dispatcher") && $0.contains(question)
        }
        gateway.answer("POST \(path)", StubGateway.approval(StubGateway.approval, #""state":"denied""#))
        try await tmux.press("n")
        try await tmux.screen("the question why") { $0.contains("▸ no, because") }
        try await tmux.type("use staging")
        try await eventually("the answer", within: .seconds(20)) { gateway.asked("POST \(path)").count == 2 }
        #expect(
            gateway.asked("POST \(path)").last?.body == #"{"decision":"deny","message":"use staging","scope":"once"}"#)
        _ = try await end()
    }

    @Test func anotherClientsAnswerTakesTheQuestionAway() async throws {
        let other = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
        gateway.emit("permission_request", StubGateway.approval())
        gateway.emit("permission_request", StubGateway.approval(other))
        try await tmux.screen("the question") { $0.contains(question) }
        gateway.emit(
            "permission_resolved", StubGateway.approval(StubGateway.approval, #""state":"allowed","resolved_by":"bob""#)
        )
        // The next one is asked about, below what it is about.
        try await tmux.screen("the answer of the other") { $0.contains("✓ allowed by bob\n\(request)\(question)") }
        let second = "POST /tasks/\(StubGateway.task)/approvals/\(other)"
        gateway.answer(second, 409, #"{"detail":"bob (phone) has denied it","code":"approval_resolved"}"#)
        try await tmux.press("y")
        try await tmux.screen("who was first") {
            $0.contains("bob (phone) has denied it (approval_resolved)") && !$0.contains("n no")
        }
        #expect(gateway.asked("POST /tasks/").map(\.line) == [second])
        _ = try await end()
    }

    @Test func theQuestionIsAboutWhatStandsAboveIt() async throws {
        let other = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
        let fields = #""state":"pending""#
        gateway.emit("permission_request", StubGateway.approval())
        gateway.emit(
            "permission_request",
            StubGateway.approval(other, fields).replacing("npm test", with: "make"))
        // The one that came first, though the other was shown behind it.
        try await tmux.screen("the first question") {
            $0.contains("? Bash: make\n  a, or `approve --conversation`, allows: Bash(make:*)\n" + request + question)
        }
        gateway.answer("POST \(path)", StubGateway.approval(StubGateway.approval, #""state":"allowed""#))
        try await tmux.press("y")
        try await tmux.screen("the second question") { $0.contains("▸ allow Bash: make? y once") }
        #expect(gateway.asked("POST").map(\.line) == ["POST /tasks", "POST \(path)"])
        _ = try await end()
    }

    @Test func anArrowIsNoAnswer() async throws {
        gateway.answer("POST \(path)", StubGateway.approval(StubGateway.approval, #""state":"denied""#))
        gateway.emit("permission_request", StubGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        try await tmux.press("Up")
        try await tmux.press("n")
        try await tmux.screen("the question why") { $0.contains("▸ no, because") }
        try await tmux.press("Up")
        // Alone it goes back; the question opens anew and says so when it takes keys.
        try await tmux.press("Escape")
        try await tmux.screen("the question again") { $0.contains(question) }
        #expect(gateway.asked("POST \(path)").isEmpty)
        try await tmux.press("n")
        try await tmux.screen("the question why") { $0.contains("▸ no, because") }
        try await tmux.press("Enter")
        try await eventually("the answer", within: .seconds(20)) { gateway.asked("POST \(path)").count == 1 }
        #expect(gateway.asked("POST \(path)").first?.body == #"{"decision":"deny","scope":"once"}"#)
        _ = try await end()
    }

    @Test(arguments: [SIGQUIT, SIGHUP, SIGTERM])
    func aSignalThatEndsItLeavesTheTerminalAsItWas(_ signal: Int32) async throws {
        gateway.emit("permission_request", StubGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        let process = try String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(kill(try #require(Int32(process)), signal) == 0)
        try await tmux.screen("the end") { $0.contains("code \(128 + signal)\n1\n") }
        gateway.stop()
    }

    @Test func aProgramThatWasStoppedTakesKeysAgain() async throws {
        gateway.answer("POST \(path)", StubGateway.approval(StubGateway.approval, #""state":"allowed""#))
        gateway.emit("permission_request", StubGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        try await tmux.press("C-z")
        try await tmux.screen("the shell") { $0.contains("code 148") && $0.contains("Stopped") }
        // As shells with line editing leave it.
        try await tmux.type("stty sane; clear; fg")
        try await tmux.screen("the question again") { $0.contains(request + question) }
        // Without Enter.
        try await tmux.press("y")
        try await eventually("the answer", within: .seconds(20)) { gateway.asked("POST \(path)").count == 1 }
        gateway.emit("state", #"{"state":"completed"}"#)
        // Typed before or behind the shell's prompt, whichever is first.
        try await tmux.type("echo echoes-$(stty -a | grep -c ' echo ')")
        try await tmux.screen("the shell's terminal") { $0.contains("echoes-1") }
        gateway.stop()
    }

    @Test func controlCStillCancels() async throws {
        gateway.answer("POST /tasks/\(StubGateway.task)/cancel", 202, StubGateway.task())
        gateway.emit("permission_request", StubGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        try await tmux.press("C-c")
        try await eventually("the cancel", within: .seconds(20)) {
            gateway.asked("POST /tasks/\(StubGateway.task)/cancel").count == 1
        }
        try await tmux.screen("the remark") { $0.contains("Ctrl-C again leaves at once") }
        try await tmux.press("C-c")
        // The terminal is as it was: letters are shown.
        try await tmux.screen("the end") { $0.contains("code 130\n1\n") }
        gateway.stop()
    }
}
