import Foundation
import TestSupport
import Testing

@Suite("`wegent chat` with lines of a pipe", .serialized, .timeLimit(.minutes(2)))
struct ChatTests {
    @Test("Each line is a message of one conversation, and the next one waits for its end")
    func linesAreMessages() async throws {
        let up = try await UpProcess()
        let chat = try await up.run(
            ["chat", "--agent", "shell"], input: "echo one; sleep 0.3; echo end\n\n//bin/echo two\necho three")
        #expect(chat.status == .exited(0), "\(chat)")
        #expect(chat.output == "one\nend\ntwo\nthree\n", "\(chat)")
        #expect(
            !chat.output.contains("\u{1b}") && !FileManager.default.fileExists(atPath: up.folder.file(".local/state")))
        let list = try await up.run(["conversations", "--json"])
        #expect(list.output.contains(#""tasks":3"#) && list.output.contains(#""total":1"#), "\(list)")
    }

    @Test("Commands work in lines, and the exit code tells of failures")
    func commandsInLines() async throws {
        let up = try await UpProcess()
        let failed = try await up.run(["chat", "--agent", "shell"], input: "exit 3\necho after\n")
        #expect(failed.status == .exited(1) && failed.output == "after\n", "\(failed)")
        #expect(failed.errors.contains("status 3 (exit_status)"), "\(failed)")
        let commands = try await up.run(
            ["chat"],
            input: "/agent shell\n/agent nosuch\n/device nowhere\n/device\n/new\n/nothing\necho hi\n/quit\necho never\n"
        )
        #expect(commands.status == .exited(1) && commands.output == "hi\n", "\(commands)")
        for text in [
            "goes to the agent shell\n", "there is no agent 'nosuch'", "claude-code, shell",
            "there is no device 'nowhere'", "★ ", "new conversation", "no command /nothing",
        ] {
            #expect(commands.errors.contains(text), "\(text): \(commands)")
        }
        let again = try await up.run(["chat", "-c"], input: "echo again\n")
        #expect(again.status == .exited(0) && again.output == "again\n", "\(again)")
    }

    @Test("SIGINT stops the task, and a second one leaves")
    func signals() async throws {
        let up = try await UpProcess()
        let chat = try up.start(["chat", "--agent", "shell"])
        chat.write("echo started; sleep 300\n")
        _ = try await chat.stdout.line("the task's output") { $0 == "started" }
        chat.signal(SIGINT)
        _ = try await chat.stderr.line("the end of the task") { $0.contains("cancelled") }
        // It outlives its cancellation for a while.
        chat.write("trap '' TERM INT HUP; echo next; sleep 300\n")
        _ = try await chat.stdout.line("the next task's output") { $0 == "next" }
        chat.signal(SIGINT)
        // The second one; signals that are not taken yet are one.
        try await eventually("the hint", within: .seconds(20)) {
            chat.stderr.text.split(separator: "\n").count { $0.contains("again to leave") } == 2
        }
        chat.signal(SIGINT)
        _ = try await chat.exit(within: .seconds(20))
    }
}

@Suite(
    "`wegent chat` on a real terminal", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Tmux.isInstalled, "tmux is not installed; deploy/setup --tests does that"))
struct ChatTerminalTests {
    private func withChat(_ options: String, _ body: (UpProcess, Tmux) async throws -> Void) async throws {
        let up = try await UpProcess()
        let tmux = try await Tmux(in: up.folder, environment: up.environment, columns: 100)
        try await tmux.type("clear; \(Binaries.wegent) chat \(options); echo code $?; stty -a | grep -c ' echo '")
        try await tmux.screen("the input line") { $0.contains("▸ ") && $0.contains("\n›") && $0.contains("/help") }
        try await body(up, tmux)
    }

    @Test("A typed message runs, its output appears above the input line, and Ctrl-D leaves")
    func typesMessage() async throws {
        try await withChat("--agent shell") { up, tmux in
            try await tmux.type("echo wrnog")
            // Not sent twice: the text is edited before Enter.
            try await tmux.screen("the output") { $0.contains("› echo wrnog\nwrnog\n▸ ") }
            try await tmux.press("Up")
            for _ in 1...5 { try await tmux.press("BSpace") }
            try await tmux.type("right")
            let screen = try await tmux.screen("the second output") { $0.contains("› echo right\nright\n▸ ") }
            #expect(screen.contains("wrnog\n› echo right"), "\(screen)")
            try await tmux.press("C-d")
            try await tmux.screen("the end") { $0.contains("code 0\n1\n") && !$0.contains("▸") }
            let path = up.folder.file(".local/state/wegent/chat-history")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "\"echo wrnog\"\n\"echo right\"\n")
        }
    }

    @Test("A message sent while one runs is queued, and Ctrl-C stops the running one")
    func queuesAndStops() async throws {
        try await withChat("--agent shell") { _, tmux in
            try await tmux.type("echo first; sleep 300")
            try await tmux.screen("the first output") { $0.contains("first\n▸ ") && $0.contains("running") }
            try await tmux.type("echo second")
            try await tmux.screen("the queued message") { $0.contains("queued: echo second") }
            try await tmux.press("C-c")
            // Its task has ended, so that Ctrl-C does not stop it.
            try await tmux.screen("the second output") {
                $0.contains("cancelled\n› echo second\nsecond\n▸ ") && $0.contains(" · /help\n")
            }
            try await tmux.press("C-c")
            try await tmux.screen("the hint") { $0.contains("press Ctrl-C again to leave, or Ctrl-D") }
            try await tmux.press("C-c")
            try await tmux.screen("the end") { $0.contains("code 130\n1\n") }
        }
    }

    @Test("Pasted lines are one message, and Alt-Enter begins a new line")
    func pastesLines() async throws {
        try await withChat("--agent shell") { _, tmux in
            try await tmux.paste("echo one\necho two\n")
            try await tmux.screen("the pasted lines") { $0.contains("› echo one\n  echo two\n") }
            try await tmux.press("BSpace")
            try await tmux.press("M-Enter")
            try await tmux.type("echo three")
            try await tmux.screen("the outputs") { $0.contains("\none\ntwo\nthree\n▸ ") }
        }
    }

    @Test("A chat that is ended by a signal restores the terminal", arguments: [SIGTERM, SIGHUP])
    func endsBySignal(_ signal: Int32) async throws {
        let up = try await UpProcess()
        let tmux = try await Tmux(in: up.folder, environment: up.environment, columns: 100)
        let (pid, output) = (up.folder.file("pid"), up.folder.file("output"))
        _ = try await tmux.command(["pipe-pane", "cat > \(output)"])
        try await tmux.type(
            "clear; sh -c \"echo \\$\\$ > \(pid); exec \(Binaries.wegent) chat\"; echo code $?; stty -a | grep -c ' echo '"
        )
        try await tmux.screen("the input line") { $0.contains("/help") && $0.contains("\n›") }
        try await tmux.type("/device")
        try await tmux.screen("the devices") { $0.contains("› /device\n★ ") }
        let text = try String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let number = try #require(Int32(text))
        kill(number, signal)
        try await tmux.screen("the end") { $0.contains("code \(128 + signal)\n1\n") }
        // Marks around pasted text, which the shell here does not want.
        try await eventually("the end of the marks", within: .seconds(20)) {
            let bytes = try String(contentsOfFile: output, encoding: .utf8)
            guard let last = bytes.ranges(of: "\u{1b}[?2004").last else { return false }
            return bytes[last.upperBound...].first == "l"
        }
    }

    @Test("Earlier messages of another chat come back with Up")
    func recallsHistory() async throws {
        try await withChat("--agent shell") { up, tmux in
            try await tmux.type("echo kept")
            try await tmux.screen("the output") { $0.contains("kept\n▸ ") }
            try await tmux.type("/quit")
            try await tmux.screen("the end") { $0.contains("code 0") }
            try await tmux.type("clear; \(Binaries.wegent) chat -c")
            try await tmux.screen("the input line") {
                $0.contains("/help") && $0.contains("\n›") && !$0.contains("code 0")
            }
            try await tmux.press("Up")
            try await tmux.screen("the last line") { $0.contains("› /quit") }
            try await tmux.press("Up")
            try await tmux.screen("the message") { $0.contains("› echo kept") }
            try await tmux.press("Enter")
            try await tmux.screen("the output") { $0.contains("› echo kept\nkept\n▸ ") }
            let list = try await up.run(["conversations", "--json"])
            #expect(list.output.contains(#""tasks":2"#), "\(list)")
        }
    }
}

extension Tmux {
    /// Pastes text, with the marks of a paste where the program asked for them.
    func paste(_ text: String) async throws {
        _ = try await command(["set-buffer", "-b", "test", text])
        _ = try await command(["paste-buffer", "-p", "-r", "-b", "test"])
    }
}
