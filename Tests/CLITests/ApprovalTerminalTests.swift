import Foundation
import TestSupport
import Testing

@Suite(
    "Approval questions on a real terminal, against a scripted gateway",
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Tmux.isInstalled, "tmux is not installed; deploy/setup --tests does that"))
struct ApprovalTerminalTests {
    let gateway: ScriptedGateway
    let tmux: Tmux
    /// The file with the id of the process.
    private let pidFile: String
    private let path = "/tasks/\(ScriptedGateway.task)/approvals/\(ScriptedGateway.approval)"
    private let question = "▸ allow Bash: npm test? y once · n no · a in this conversation"
    private let request = "? Bash: npm test\n  a, or `approve --conversation`, allows: Bash(npm test:*)\n"

    init() async throws {
        gateway = try ScriptedGateway()
        gateway.reply("POST /tasks", 202, ScriptedGateway.task())
        gateway.reply("GET /tasks/\(ScriptedGateway.task)", ScriptedGateway.task())
        let folder = try TemporaryDirectory()
        pidFile = folder.file("pid")
        // Fails the first time, then appends a typed line to the file.
        let editor = try folder.write(
            """
            #!/bin/sh
            trap 'true' INT
            if [ ! -e \(folder.file("tried")) ]; then touch \(folder.file("tried")); exit 3; fi
            text=$(cat "$1")
            printf 'edit %s\\n' "$text"
            while ! read -r more; do :; done
            printf '%s %s\\n' "$text" "$more" > "$1"
            """, to: "editor", executable: true)
        tmux = try await Tmux(
            in: folder, environment: gateway.environment.merging(["EDITOR": "sh \(editor)"]) { $1 }, columns: 100)
        try await tmux.type(
            "clear; sh -c \"echo \\$\\$ > \(pidFile); exec \(Binaries.wegent) run 'test it'\"; echo code $?; stty -a | grep -c ' echo '"
        )
        gateway.emit("state", #"{"state":"running","device_name":"Linux - box"}"#)
        try await tmux.screen("the status line") { $0.contains("running") }
    }

    /// Ends the task and checks that the terminal is restored.
    private func end() async throws -> String {
        gateway.emit("state", #"{"state":"completed"}"#)
        let end = try await tmux.screen("the end") { $0.contains("code 0\n1\n") }
        #expect(!end.contains("▸"), "\(end)")
        gateway.stop()
        return end
    }

    @Test("A key answers the question, and the task continues")
    func keyAnswers() async throws {
        // A key typed before the question does not answer it.
        try await tmux.press("y")
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed""#))
        gateway.emit("permission_request", ScriptedGateway.approval())
        try await tmux.screen("the question") { $0.contains(request + question) }
        #expect(gateway.requests("POST \(path)").isEmpty)
        try await tmux.press("a")
        try await eventually("the answer", within: .seconds(20)) { gateway.requests("POST \(path)").count == 1 }
        #expect(gateway.requests("POST \(path)").first?.body == #"{"decision":"allow","scope":"conversation"}"#)
        try await tmux.screen("the status line again") { $0.contains("Ctrl-C cancels") && !$0.contains("n no") }
        gateway.emit(
            "permission_resolved",
            ScriptedGateway.approval(
                ScriptedGateway.approval, #""state":"allowed","scope":"conversation","resolved_by":"ada (x)""#))
        try await tmux.screen("the resolution") {
            $0.contains("✓ allowed in this conversation by ada (x): Bash: npm test\n")
        }
        #expect(try await end().contains(request + "✓ allowed"))
    }

    @Test("A denial asks for a reason, and is asked again when it was not delivered")
    func denialAsksForReason() async throws {
        gateway.reply("POST \(path)", 503, #"{"detail":"no dispatcher","code":"unavailable"}"#)
        gateway.emit("permission_request", ScriptedGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        try await tmux.press("n")
        try await tmux.screen("the question why") { $0.contains("▸ no, because") }
        try await tmux.type("use stagging")
        // The answer was not delivered, so the question is asked again.
        try await tmux.screen("the remark") {
            $0.contains("was not delivered: no dispatcher") && $0.contains(question)
        }
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"denied""#))
        try await tmux.press("n")
        try await tmux.screen("the question why") { $0.contains("▸ no, because") }
        try await tmux.type("use staging")
        try await eventually("the answer", within: .seconds(20)) { gateway.requests("POST \(path)").count == 2 }
        #expect(
            gateway.requests("POST \(path)").last?.body
                == #"{"decision":"deny","message":"use staging"}"#)
        _ = try await end()
    }

    @Test("Another client's answer closes the question")
    func otherAnswerCloses() async throws {
        let other = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
        gateway.emit("permission_request", ScriptedGateway.approval())
        gateway.emit("permission_request", ScriptedGateway.approval(other))
        try await tmux.screen("the question") { $0.contains(question) }
        gateway.emit(
            "permission_resolved",
            ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed","resolved_by":"bob""#)
        )
        // The next question appears below its own request, printed again.
        try await tmux.screen("the answer of the other") {
            $0.contains("✓ allowed by bob: Bash: npm test\n\(request)\(question)")
        }
        let second = "POST /tasks/\(ScriptedGateway.task)/approvals/\(other)"
        gateway.reply(second, 409, #"{"detail":"bob (phone) has denied it","code":"approval_resolved"}"#)
        try await tmux.press("y")
        try await tmux.screen("the earlier answer") {
            $0.contains("bob (phone) has denied it (approval_resolved)") && !$0.contains("n no")
        }
        #expect(gateway.requests("POST /tasks/").map(\.line) == [second])
        _ = try await end()
    }

    @Test("A question has the gateway's text, whatever the stream shows")
    func textOfGateway() async throws {
        gateway.setPending([ScriptedGateway.approval().replacing("npm test", with: "rm -rf ~")])
        gateway.emit("permission_request", ScriptedGateway.approval(), isTrue: false)
        try await tmux.screen("the question") {
            $0.contains("? Bash: rm -rf ~\n") && $0.contains("▸ allow Bash: rm -rf ~? y once")
        }
        _ = try await end()
    }

    @Test("A request that the gateway does not have for this task is no question")
    func forgedRequest() async throws {
        let other = "01a2038a-5d10-7c1e-9a54-0e3b0f7c2d99"
        let forged = ScriptedGateway.approval().replacing(ScriptedGateway.task, with: other)
        // One of another task, which even the gateway's list must not bring in.
        gateway.setPending([forged])
        gateway.emit("permission_request", forged, isTrue: false)
        try await eventually("the read", within: .seconds(20)) {
            !gateway.requests("GET /approvals?state=pending&limit=64&task=\(ScriptedGateway.task)").isEmpty
        }
        let second = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
        gateway.setPending([])
        gateway.emit("permission_request", ScriptedGateway.approval(second).replacing("npm test", with: "make"))
        // The next one is asked about, so the first one was dropped.
        try await tmux.screen("the second question") { $0.contains("▸ allow Bash: make? y once") }
        #expect(gateway.requests("POST /tasks/").isEmpty)
        _ = try await end()
    }

    @Test("A question appears below its own request")
    func questionBelowRequest() async throws {
        let other = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
        let fields = #""state":"pending""#
        gateway.emit("permission_request", ScriptedGateway.approval())
        gateway.emit(
            "permission_request",
            ScriptedGateway.approval(other, fields).replacing("npm test", with: "make"))
        // The older request, although the newer one was printed after it.
        try await tmux.screen("the first question") {
            $0.contains("? Bash: make\n  a, or `approve --conversation`, allows: Bash(make:*)\n" + request + question)
        }
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed""#))
        try await tmux.press("y")
        try await tmux.screen("the second question") { $0.contains("▸ allow Bash: make? y once") }
        #expect(gateway.requests("POST").map(\.line) == ["POST /tasks", "POST \(path)"])
        _ = try await end()
    }

    @Test("An arrow key does not answer, and Escape leaves the reason")
    func arrowKeyIgnored() async throws {
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"denied""#))
        gateway.emit("permission_request", ScriptedGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        try await tmux.press("Up")
        try await tmux.press("n")
        try await tmux.screen("the question why") { $0.contains("▸ no, because") }
        try await tmux.press("Up")
        // A lone Escape leaves the reason; the question starts again and names its keys once they count.
        try await tmux.press("Escape")
        try await tmux.screen("the question again") { $0.contains(question) }
        #expect(gateway.requests("POST \(path)").isEmpty)
        try await tmux.press("n")
        try await tmux.screen("the question why") { $0.contains("▸ no, because") }
        try await tmux.press("Enter")
        try await eventually("the answer", within: .seconds(20)) { gateway.requests("POST \(path)").count == 1 }
        #expect(gateway.requests("POST \(path)").first?.body == #"{"decision":"deny"}"#)
        _ = try await end()
    }

    @Test("A signal that ends the process restores the terminal", arguments: [SIGQUIT, SIGHUP, SIGTERM])
    func signalRestoresTerminal(_ signal: Int32) async throws {
        gateway.emit("permission_request", ScriptedGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        let process = try String(contentsOfFile: pidFile, encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(kill(try #require(Int32(process)), signal) == 0)
        try await tmux.screen("the end") { $0.contains("code \(128 + signal)\n1\n") }
        gateway.stop()
    }

    @Test("After Ctrl-Z and fg the question takes keys again")
    func resumesAfterStop() async throws {
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed""#))
        gateway.emit("permission_request", ScriptedGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        try await tmux.press("C-z")
        try await tmux.screen("the shell") { $0.contains("code 148") && $0.contains("Stopped") }
        // A shell with line editing sets the terminal's mode.
        try await tmux.type("stty sane; clear; fg")
        try await tmux.screen("the question again") { $0.contains(request + question) }
        // Without Enter.
        try await tmux.press("y")
        try await eventually("the answer", within: .seconds(20)) { gateway.requests("POST \(path)").count == 1 }
        gateway.emit("state", #"{"state":"completed"}"#)
        // The program discards keys typed before it restores the terminal, which it does before the status line goes.
        try await tmux.screen("the end of the program") { !$0.contains("▸") }
        try await tmux.type("echo echoes-$(stty -a | grep -c ' echo ')")
        try await tmux.screen("the shell's terminal") { $0.contains("echoes-1") }
        gateway.stop()
    }

    @Test("Ctrl-C cancels the task while a question is open")
    func controlCCancels() async throws {
        gateway.reply("POST /tasks/\(ScriptedGateway.task)/cancel", 202, ScriptedGateway.task())
        gateway.emit("permission_request", ScriptedGateway.approval())
        try await tmux.screen("the question") { $0.contains(question) }
        try await tmux.press("C-c")
        try await eventually("the cancel", within: .seconds(20)) {
            gateway.requests("POST /tasks/\(ScriptedGateway.task)/cancel").count == 1
        }
        try await tmux.screen("the remark") { $0.contains("press Ctrl-C again to exit at once") }
        try await tmux.press("C-c")
        // The terminal echoes again.
        try await tmux.screen("the end") { $0.contains("code 130\n1\n") }
        gateway.stop()
    }

    private static let offers =
        #""state":"pending","options":[{"id":"allow_once","label":"Allow once","kind":"allow_once"},{"id":"deny","label":"Deny","kind":"reject_once"}]"#

    private static let questions =
        #""state":"pending","options":[{"id":"allow_once","label":"Allow once","kind":"allow_once"}],"questions":[{"id":"1","text":"Which colour?","header":"Colour","options":[{"id":"Red","label":"Red","description":"warm"},{"id":"Blue","label":"Blue"}],"multiple":false,"free_text":true},{"id":"2","text":"Which fruits?","header":"Fruits","options":[{"id":"Apple","label":"Apple"},{"id":"Pear","label":"Pear"},{"id":"Fig","label":"Fig"}],"multiple":true,"free_text":true}]"#

    @Test("A question is answered by numbers, and by text where t is pressed")
    func answersQuestions() async throws {
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed""#))
        gateway.emit("permission_request", ScriptedGateway.approval(ScriptedGateway.approval, Self.questions))
        try await tmux.screen("the question") {
            $0.contains(
                "  Colour: Which colour?\n    1 Red: warm\n    2 Blue\n  Fruits: Which fruits? (several choices)\n")
                && $0.contains("▸ (1/2) Which colour? 1-2 choose · t type · n no")
        }
        // No choice, and not a choice of several.
        for key in ["7", "y", "Enter"] { try await tmux.press(key) }
        // Again where it was read together with the key before; Escape discards what is typed then.
        try await eventually("the text", within: .seconds(20)) {
            try await tmux.press("t")
            return try await tmux.screen().contains("▸ Colour (Enter sends, Esc goes back):")
        }
        try await tmux.press("g")
        try await tmux.press("Escape")
        try await tmux.screen("the question again") { $0.contains("▸ (1/2) Which colour? 1-2 choose") }
        try await tmux.press("2")
        try await tmux.screen("the next question") {
            $0.contains("▸ (2/2) Which fruits? 1-3 choose · Enter sends · t type · n no")
        }
        // Keys that are read together do not count.
        for (key, choices) in [("3", "[3]"), ("1", "[1,3]"), ("2", "[1,2,3]"), ("2", "[1,3]")] {
            try await tmux.press(key)
            try await tmux.screen("the choices") { $0.contains("1-3 choose \(choices)") }
        }
        try await tmux.press("Enter")
        try await eventually("the answer", within: .seconds(20)) { gateway.requests("POST \(path)").count == 1 }
        #expect(
            gateway.requests("POST \(path)").first?.body
                == #"{"answers":{"1":["Blue"],"2":["Apple","Fig"]},"decision":"allow"}"#)
        gateway.emit(
            "permission_resolved",
            ScriptedGateway.approval(
                ScriptedGateway.approval,
                Self.questions.replacing("pending", with: "allowed") + #","answers":{"1":["Blue"],"2":["a kiwi"]}"#))
        try await tmux.screen("the resolution") { $0.contains("✓ answered: Colour: Blue; Fruits: a kiwi") }
        _ = try await end()
    }

    @Test("e edits the command in the person's editor, and the question waits meanwhile")
    func editsCommand() async throws {
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed""#))
        gateway.emit("permission_request", ScriptedGateway.approval(ScriptedGateway.approval, Self.offers))
        try await tmux.screen("the question") { $0.contains("▸ allow Bash: npm test? y once · n no · e edit") }
        // The test's editor fails at first, then waits for a line, which it writes behind the command.
        try await tmux.press("e")
        try await tmux.screen("the remark") {
            $0.contains("the editor ended with status 3, so nothing was sent") && $0.contains("y once · n no · e edit")
        }
        #expect(gateway.requests("POST \(path)").isEmpty)
        try await tmux.press("e")
        try await tmux.screen("the editor") { $0.contains("edit npm test") && !$0.contains("▸") }
        gateway.emit("agent_message_chunk", #"{"content":{"type":"text","text":"meanwhile\n"}}"#)
        try await tmux.press("C-c")
        try await tmux.type("quietly")
        try await eventually("the answer", within: .seconds(20)) { gateway.requests("POST \(path)").count == 1 }
        #expect(
            gateway.requests("POST \(path)").first?.body
                == #"{"decision":"allow","updated_input":{"command":"npm test quietly"}}"#)
        try await tmux.screen("the text that waited") { $0.contains("meanwhile\n") }
        #expect(gateway.requests("POST /tasks/\(ScriptedGateway.task)/cancel").isEmpty)
        _ = try await end()
    }

    @Test("An agent's own options are chosen by number")
    func choosesOwnOption() async throws {
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed""#))
        let own =
            #""state":"pending","options":[{"id":"once","label":"Just now","kind":"allow_once"},{"id":"ever","label":"For ever","kind":"allow_always"}]"#
        gateway.emit("permission_request", ScriptedGateway.approval(ScriptedGateway.approval, own))
        try await tmux.screen("the question") { $0.contains("▸ allow Bash: npm test? 1 Just now · 2 For ever · n no") }
        try await tmux.press("2")
        try await eventually("the answer", within: .seconds(20)) { gateway.requests("POST \(path)").count == 1 }
        #expect(gateway.requests("POST \(path)").first?.body == #"{"option":"ever"}"#)
        _ = try await end()
    }
}
