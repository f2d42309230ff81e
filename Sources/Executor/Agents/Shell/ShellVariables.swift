extension ShellAgent {
    /// A command line may start any agent or tool of a provider, as its user does in a shell of their own.
    static let variables = AgentVariables(
        agent: "shell", patterns: EnvironmentPolicy.providers + ["OPENAI_*", "CODEX_*", "GEMINI_*", "MISTRAL_*"],
        why: "for agents and tools of providers", startsOthers: true)
}
