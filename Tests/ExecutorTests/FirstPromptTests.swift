import TestSupport
import Testing

@testable import Executor

@Suite("First prompts")
struct FirstPromptTests {
    private func agents(_ environment: [String: String], _ home: TemporaryDirectory) -> [String] {
        FirstPrompt.all(environment, home: home.path).map(\.agent)
    }

    @Test("Credentials of Claude Code are found in variables and files; a shell needs none")
    func findsCredentials() throws {
        let home = try TemporaryDirectory()
        #expect(agents([:], home) == ["shell"])
        #expect(agents(["ANTHROPIC_API_KEY": "k"], home) == ["claude-code", "shell"])
        #expect(agents(["ANTHROPIC_API_KEY": ""], home) == ["shell"])
        try home.write("{}", to: ".claude/.credentials.json")
        #expect(agents([:], home) == ["claude-code", "shell"])
        #expect(agents(["CLAUDE_CONFIG_DIR": "/nonexistent"], home) == ["shell"])
    }
}
