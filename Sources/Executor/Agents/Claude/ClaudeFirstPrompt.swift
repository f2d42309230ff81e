#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ClaudeAgent {
    /// Returns its first prompt; nil when Claude Code would find no credentials. Whether they are valid is not checked.
    static func firstPrompt(_ environment: [String: String], home: String) -> FirstPrompt? {
        guard seemsSignedIn(environment, home: home) else { return nil }
        return FirstPrompt(
            agent: name,
            prompt: "Introduce yourself in two short sentences, and name one thing you could do for me on this machine."
        )
    }

    private static func seemsSignedIn(_ environment: [String: String], home: String) -> Bool {
        let variables = [
            "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK",
            "CLAUDE_CODE_USE_VERTEX",
        ]
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if variables.contains(where: { value($0) != nil }) { return true }
        let folder = value("CLAUDE_CONFIG_DIR") ?? "\(home)/.claude"
        return FileManager.default.fileExists(atPath: "\(folder)/.credentials.json")
    }
}
