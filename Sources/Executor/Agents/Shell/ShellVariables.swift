extension AgentVariables {
    /// A command line may start any agent or tool of a provider, as its user does in a shell of their own.
    static let shell = AgentVariables(
        agent: "shell", patterns: claude.patterns + ["OPENAI_*", "CODEX_*", "GEMINI_*", "MISTRAL_*"], own: claude.own)
}
