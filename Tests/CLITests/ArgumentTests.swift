import ArgumentParser
import TestSupport
import Testing

@testable import CLI

@Suite("Arguments as people type them, by a real `wegent` process against a scripted gateway", .timeLimit(.minutes(2)))
struct ArgumentTests {
    private func withGateway(_ body: (ScriptedGateway) async throws -> Void) async throws {
        let gateway = try ScriptedGateway()
        defer { gateway.stop() }
        gateway.reply("POST /tasks", 202, ScriptedGateway.task())
        gateway.emit("state", #"{"state":"completed"}"#)
        try await body(gateway)
    }

    private func prompt(_ arguments: [String]) async throws -> String? {
        var prompt: String?
        try await withGateway { gateway in
            let run = try await gateway.run(arguments)
            #expect(run.status == .exited(0), "\(run)")
            prompt = gateway.requests("POST /tasks").first?.field("prompt")
        }
        return prompt
    }

    @Test(
        "A quoted prompt that begins with a dash runs",
        arguments: [
            (["run", "- item"], "- item"), (["run", "--x y"], "--x y"), (["run", "- check help"], "- check help"),
            (["run", "--help me"], "--help me"), (["run", "-\nitem"], "-\nitem"), (["run", "--", "-x"], "-x"),
            (["run", "--agent", "shell", "- item"], "- item"), (["run", "- item", "--agent", "shell"], "- item"),
            (["run", "- item", "and", "more"], "- item and more"), (["run", "see", "- item", "--cloud"], "see - item"),
        ])
    func runsDashedPrompts(_ arguments: [String], _ expected: String) async throws {
        #expect(try await prompt(arguments) == expected)
    }

    @Test(
        "Words without quotes are one prompt, with options before, between and behind",
        arguments: [
            ["run", "fix", "the", "test"], ["run", "--agent", "shell", "fix", "the", "test"],
            ["run", "fix", "--agent", "shell", "the", "test"], ["run", "fix", "the", "test", "--cloud"],
        ])
    func joinsWords(_ arguments: [String]) async throws {
        #expect(try await prompt(arguments) == "fix the test")
    }

    @Test(
        "Text that could be an option is refused with the way to send it",
        arguments: [
            (["run", "--x", "y"], "--x"), (["run", "-fast"], "-fast"),
            (["run", "- item", "and", "--agent", "shell", "more"], "- item"),
        ])
    func advisesTerminator(_ arguments: [String], _ option: String) async throws {
        try await withGateway { gateway in
            let run = try await gateway.run(arguments)
            #expect(run.status == .exited(64) && run.errors.contains("Unknown option '\(option)'"), "\(run)")
            #expect(run.errors.contains("write -- before it") && run.errors.contains("wegent run -- TEXT"), "\(run)")
            #expect(gateway.requests.isEmpty)
        }
    }

    @Test("Text that begins with a dash is taken by options and other commands, too")
    func takesDashedValues() throws {
        let search = try #require(try DashedText.parse(["conversations", "--search", "- item"]) as? ListConversations)
        #expect(search.search == "- item")
        let deny = try #require(try DashedText.parse(["deny", "-m", "- not now", "01a2038b"]) as? DenyCommand)
        #expect(deny.message == "- not now")
        let rename = try #require(
            try DashedText.parse(["conversations", "rename", "01a2038b", "--x y"]) as? RenameConversation)
        #expect(rename.title == "--x y")
        let json = try #require(try DashedText.parse(["run", "--json", "- item"]) as? RunCommand)
        #expect(json.json && json.words == ["- item"])
    }

    @Test(
        "An argument that is not UTF-8 is refused, not changed",
        arguments: [
            (#"run "$(printf 'caf\351 x')""#, #"argument 2 is not UTF-8 text: 'caf\xe9 x'"#),
            (#"run -- "$(printf '\300\257')""#, #"argument 3 is not UTF-8 text: '\xc0\xaf'"#),
            (#"devices rename box "$(printf '\360\237\246')""#, #"argument 4 is not UTF-8 text: '\xf0\x9f\xa6'"#),
            (#"logs "$(printf 'a\033\377')""#, #"argument 2 is not UTF-8 text: 'a\u{1b}\xff'"#),
        ])
    func refusesOtherEncodings(_ command: String, _ sentence: String) async throws {
        try await withGateway { gateway in
            let run = try await gateway.shell(command)
            #expect(run.status == .exited(64) && run.errors.contains(sentence), "\(run)")
            #expect(gateway.requests.isEmpty)
        }
    }

    @Test("An argument with any UTF-8 text arrives unchanged")
    func keepsText() async throws {
        #expect(try await prompt(["run", "naïve — 日本 👩‍👩‍👧 \u{7}"]) == "naïve — 日本 👩‍👩‍👧 \u{7}")
    }
}

extension ScriptedGateway {
    /// Runs `wegent` with arguments and redirections in the words of a shell.
    func shell(_ command: String) async throws -> UpProcess.Finished {
        let child = try ChildProcess(
            "/bin/sh", ["-c", "exec \"$0\" \(command)", Binaries.wegent], environment: environment)
        child.closeInput()
        let status = try await child.exit()
        return UpProcess.Finished(status: status, output: child.stdout.text, errors: child.stderr.text)
    }
}
