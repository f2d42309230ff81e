import Foundation
import ScriptedModel
import TestSupport
import Testing

/// The scripted model behind the real Claude Code, without our services. When it fails, the other tests with Claude Code
/// fail for the same reason.
@Suite("Scripted model", .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
struct ScriptedModelTests {
    private let home = Result { try TemporaryDirectory() }

    private func claude(_ model: ScriptedModel, _ extra: [String] = []) throws -> ChildProcess {
        let home = try home.get()
        let arguments = [
            "-p", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose",
            "--include-partial-messages",
        ]
        return try ChildProcess(
            try #require(Binaries.claude), arguments + extra, environment: model.environment(home: home.path),
            directory: home.path)
    }

    private func turn(_ prompt: String) -> String {
        #"{"type":"user","message":{"role":"user","content":"\#(prompt)"},"parent_tool_use_id":null,"#
            + #""session_id":"default"}"# + "\n"
    }

    @Test("Tokens arrive one by one, as the gate opens")
    func gate() async throws {
        let model = try await ScriptedModel.start()
        let gate = Gate()
        model.answer(.text("first", .gate(gate), "second"), to: "greet")
        let claude = try claude(model)
        claude.write(turn("greet me"))
        _ = try await claude.stdout.line("the first token") { $0.contains(#""text":"first""#) }
        #expect(!claude.stdout.text.contains("second"))
        gate.open()
        _ = try await claude.stdout.line("the result") {
            $0.contains(#""type":"result""#) && $0.contains("firstsecond")
        }
        claude.closeInput()
        #expect(try await claude.exit() == .exited(0))
        #expect(model.unscripted.isEmpty)
        #expect(model.requests.map(\.prompt) == ["greet me"])
        await model.stop()
    }

    @Test("A tool call runs and its result reaches the model")
    func toolCall() async throws {
        let model = try await ScriptedModel.start()
        model.answer(.tool("Bash", input: #"{"command":"echo $((6*7))"}"#), .text("done"), to: "compute")
        let claude = try claude(model, ["--allowedTools", "Bash"])
        claude.write(turn("compute"))
        _ = try await claude.stdout.line("the result") { $0.contains(#""type":"result""#) }
        claude.closeInput()
        #expect(try await claude.exit() == .exited(0))
        #expect(model.requests.last?.toolResults == ["42"])
        #expect(model.left == 0)
        await model.stop()
    }
}
