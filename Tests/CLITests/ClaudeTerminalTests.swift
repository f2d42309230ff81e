import Foundation
import ScriptedModel
import TestSupport
import Testing

@testable import CLI

@Suite(
    "Claude Code with a scripted model, on a real terminal",
    .serialized, .timeLimit(.minutes(3)),
    .enabled(
        if: Tmux.isInstalled && Binaries.claude != nil, "needs tmux and Claude Code; deploy/setup --tests brings them")
)
struct ClaudeTerminalTests {
    @Test("Text and tool calls appear on the terminal as they are produced")
    func streamsTextAndTools() async throws {
        let model = try await ScriptedModel.start()
        let folder = try TemporaryDirectory()
        let before = Gate()
        let after = Gate()
        model.answer(
            .blocks(
                .text(["I will ask ", .gate(before), "the machine.\n"]),
                .tool(name: "Bash", input: #"{"command":"uname -s; echo forty-$((6*7))","description":"Ask it"}"#)),
            .text("It says ", .gate(after), "forty-two."), to: "Which system")
        let up = try await UpProcess(
            ["--permission-mode", "bypass", "--allow-bypass", "--claude", try #require(Binaries.claude)], in: folder,
            environment: model.environment(home: folder.path).merging(["IS_SANDBOX": "1"]) { $1 })
        let tmux = try await Tmux(in: folder, environment: up.environment)
        try await tmux.type("clear; \(Binaries.wegent) run 'Which system is this?'; echo code $?")
        // The text ends where the scripted model has paused.
        try await tmux.screen("the first tokens") {
            $0.contains("I will ask\n▸ ") && $0.contains(" · 1/5 slots · running · ")
        }
        before.open()
        let middle = try await tmux.screen("the tool call, its result and more text") {
            $0.contains("It says\n▸ ")
        }
        #expect(middle.contains("I will ask the machine.\n● Bash: uname -s"), "\(middle)")
        #expect(middle.contains("forty-42\n"), "\(middle)")
        after.open()
        let end = try await tmux.screen("the end") { $0.contains("code 0") }
        #expect(end.contains("It says forty-two.\ncode 0\n") && !end.contains("▸"), "\(end)")
        #expect(model.requests.last?.toolResults.contains { $0.contains("forty-42") } == true)
        await model.stop()
    }

    @Test("Permission requests are answered at the terminal and from another one")
    func answersRequests() async throws {
        let model = try await ScriptedModel.start()
        let folder = try TemporaryDirectory()
        let (first, second) = (folder.file("first"), folder.file("second"))
        model.answer(
            .tool("Bash", input: #"{"command":"touch \#(first)"}"#),
            .tool("Bash", input: #"{"command":"touch \#(second)"}"#), .text("That was it."), to: "Make two files")
        let up = try await UpProcess(
            ["--claude", try #require(Binaries.claude)], in: folder, environment: model.environment(home: folder.path))
        let tmux = try await Tmux(in: folder, environment: up.environment, columns: 160)
        try await tmux.type("clear; \(Binaries.wegent) run 'Make two files'; echo code $?")
        try await tmux.screen("the question") { $0.contains("▸ allow Bash: touch \(first)? y once") }
        #expect(!FileManager.default.fileExists(atPath: first))
        let tasks = try await up.run(["tasks"])
        #expect(tasks.output.contains("waiting for approval"), "\(tasks)")
        try await tmux.press("y")
        try await tmux.screen("the next question") {
            $0.contains("✓ allowed by admin (") && $0.contains("): Bash: touch \(first)\n")
                && $0.contains("▸ allow Bash: touch \(second)? y once")
        }
        #expect(FileManager.default.fileExists(atPath: first))
        let list = try await up.run(["approvals"])
        let id = try #require(list.output.split(separator: "\n").last?.prefix(13))
        let denied = try await up.run(["deny", String(id), "-m", "one is enough"])
        #expect(denied.status == .exited(0) && denied.errors.contains("is denied: one is enough"), "\(denied)")
        let end = try await tmux.screen("the end") { $0.contains("code 0") }
        #expect(end.contains("✗ denied by admin") && end.contains("That was it.\ncode 0\n"), "\(end)")
        #expect(!FileManager.default.fileExists(atPath: second))
        #expect(model.requests.last?.toolResults.contains { $0.contains("one is enough") } == true)
        let late = try await up.run(["approve", String(id)])
        #expect(late.status == .exited(4) && late.errors.contains("(approval_resolved)"), "\(late)")
        await model.stop()
    }

    @Test("In a chat, a permission is asked, and the next message goes on with the conversation")
    func asksInChat() async throws {
        let model = try await ScriptedModel.start()
        let folder = try TemporaryDirectory()
        let file = folder.file("made")
        model.answer(
            .tool("Bash", input: #"{"command":"touch \#(file)"}"#), .text("I made it."), to: "Make a file")
        model.answer(.text("You are welcome."), to: "Thank you")
        let up = try await UpProcess(
            ["--claude", try #require(Binaries.claude)], in: folder, environment: model.environment(home: folder.path))
        let tmux = try await Tmux(in: folder, environment: up.environment, columns: 120)
        try await tmux.type("clear; \(Binaries.wegent) chat; echo code $?")
        try await tmux.screen("the input line") { $0.contains("\n›") }
        try await tmux.type("Make a file")
        try await tmux.screen("the question") { $0.contains("▸ allow Bash: touch \(file)?") && $0.contains("y once") }
        try await tmux.press("y")
        try await tmux.screen("the answer") { $0.contains("✓ allowed by admin") && $0.contains("I made it.\n▸ ") }
        #expect(FileManager.default.fileExists(atPath: file))
        try await tmux.type("Thank you")
        let end = try await tmux.screen("the second answer") { $0.contains("You are welcome.\n▸ ") }
        // It is queued where the first task has not ended yet.
        #expect(end.contains("› Thank you\nYou are welcome.\n"), "\(end)")
        #expect(model.requests.last?.messages.contains { $0.texts.contains { $0.contains("Make a file") } } == true)
        try await tmux.press("C-d")
        try await tmux.screen("the end") { $0.contains("code 0") && !$0.contains("▸") }
        await model.stop()
    }

    @Test("A question is answered at the terminal, and an edited command runs")
    func answersQuestion() async throws {
        let model = try await ScriptedModel.start()
        let folder = try TemporaryDirectory()
        let (asked, edited) = (folder.file("asked"), folder.file("edited"))
        let question =
            #"{"question":"Which colour?","header":"Colour","multiSelect":false,"options":[{"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]}"#
        model.answer(
            .tool("AskUserQuestion", input: #"{"questions":[\#(question)]}"#),
            .tool("AskUserQuestion", input: #"{"questions":[\#(question)]}"#),
            .tool("Bash", input: #"{"command":"touch \#(asked)"}"#), .text("That was it."), to: "Ask me")
        let up = try await UpProcess(
            ["--claude", try #require(Binaries.claude)], in: folder, environment: model.environment(home: folder.path))
        let environment = up.environment.merging(["EDITOR": "sed -i s/asked/edited/"]) { $1 }
        let tmux = try await Tmux(in: folder, environment: environment, columns: 160)
        try await tmux.type("clear; \(Binaries.wegent) run 'Ask me'; echo code $?")
        try await tmux.screen("the question") { $0.contains("    2 Blue: cold\n▸ Which colour? 1-2 choose · t type") }
        try await tmux.press("2")
        try await tmux.screen("the answer") { $0.contains("✓ answered by admin") && $0.contains(": Colour: Blue\n") }
        try await eventually("the answer at the model", within: .seconds(20)) {
            model.requests.last?.toolResults.contains { $0.contains(#""Which colour?"="Blue""#) } == true
        }
        // The second one is answered with free text from another terminal.
        try await tmux.screen("the second question") { $0.contains("▸ Which colour? 1-2 choose · t type") }
        let id = try #require(try await up.run(["approvals"]).output.split(separator: "\n").last?.prefix(13))
        let blind = try await up.run(["approve", String(id)])
        #expect(blind.status == .exited(1) && blind.errors.contains("--answer 'Colour=…'"), "\(blind)")
        let free = try await up.run(["approve", String(id), "--answer", "a warm grey"])
        #expect(free.status == .exited(0) && free.errors.contains("Colour: a warm grey"), "\(free)")
        try await tmux.screen("the edit") { $0.contains("Colour: a warm grey\n") && $0.contains("· e edit") }
        #expect(model.requests.last?.toolResults.contains { $0.contains(#"="a warm grey""#) } == true)
        try await tmux.press("e")
        let end = try await tmux.screen("the end") { $0.contains("code 0") }
        #expect(
            end.contains("with an edited input: command: touch \(edited) (asked: Bash: touch \(asked))\n"), "\(end)")
        #expect(FileManager.default.fileExists(atPath: edited) && !FileManager.default.fileExists(atPath: asked))
        await model.stop()
    }
}
