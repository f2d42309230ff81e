extension ClaudeAgent {
    /// Claude Code's, from its documentation of settings, providers, network, monitoring and MCP.
    static let variables = AgentVariables(
        agent: "claude-code",
        patterns: EnvironmentPolicy.providers + [
            "ANTHROPIC_*", "CLAUDE_*", "MCP_*", "MAX_MCP_OUTPUT_TOKENS", "MAX_THINKING_TOKENS",
            "MAX_STRUCTURED_OUTPUT_RETRIES", "SLASH_COMMAND_TOOL_CHAR_BUDGET", "TASK_MAX_OUTPUT_LENGTH",
            "API_TIMEOUT_MS", "BASH_DEFAULT_TIMEOUT_MS", "BASH_MAX_TIMEOUT_MS", "BASH_MAX_OUTPUT_LENGTH",
            "DISABLE_*", "ENABLE_*", "FORCE_AUTOUPDATE_PLUGINS", "FALLBACK_FOR_ALL_PRIMARY_MODELS",
            "USE_BUILTIN_RIPGREP", "IS_DEMO", "IS_SANDBOX", "OTEL_*", "BETA_TRACING_ENDPOINT",
        ],
        own: [
            "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SSE_PORT", "CLAUDE_CODE_SESSION_ID",
            "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_ENV_FILE", "CLAUDE_PROJECT_DIR", "CLAUDE_PLUGIN_ROOT",
        ])
}
