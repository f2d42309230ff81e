extension AgentVariables {
    /// Claude Code's, from its documentation of settings, providers, network, monitoring and MCP.
    static let claude = AgentVariables(
        agent: "claude-code",
        patterns: [
            "ANTHROPIC_*", "CLAUDE_*", "MCP_*", "MAX_MCP_OUTPUT_TOKENS", "MAX_THINKING_TOKENS",
            "MAX_STRUCTURED_OUTPUT_RETRIES", "SLASH_COMMAND_TOOL_CHAR_BUDGET", "TASK_MAX_OUTPUT_LENGTH",
            "API_TIMEOUT_MS", "BASH_DEFAULT_TIMEOUT_MS", "BASH_MAX_TIMEOUT_MS", "BASH_MAX_OUTPUT_LENGTH",
            "DISABLE_*", "ENABLE_*", "FORCE_AUTOUPDATE_PLUGINS", "FALLBACK_FOR_ALL_PRIMARY_MODELS",
            "USE_BUILTIN_RIPGREP", "IS_DEMO", "IS_SANDBOX", "OTEL_*", "BETA_TRACING_ENDPOINT",
            // Bedrock, Vertex and Foundry, with the credentials that their libraries take.
            "AWS_*", "BEDROCK_*", "VERTEX_*", "CLOUD_ML_REGION", "GOOGLE_*", "GCLOUD_PROJECT", "CLOUDSDK_*",
            "GCE_METADATA_HOST", "GCE_METADATA_IP", "AZURE_*", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT",
            "MSI_SECRET",
        ],
        own: [
            "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SSE_PORT", "CLAUDE_CODE_SESSION_ID",
            "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_ENV_FILE", "CLAUDE_PROJECT_DIR", "CLAUDE_PLUGIN_ROOT",
        ])
}
