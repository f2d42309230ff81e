import Messages

/// The part of the executor's environment that an agent gets: what a login, a shell and the agent itself need.
enum ChildEnvironment {
    private static let names: Set<String> = [
        "HOME", "PATH", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TERM", "COLORTERM", "TMPDIR", "TZ", "HOSTNAME",
        "SSH_AUTH_SOCK", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
        "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
        "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "DISABLE_AUTOUPDATER", "DO_NOT_TRACK", "EDITOR", "VISUAL",
        "GIT_SSH_COMMAND", "GIT_ASKPASS",
        "JAVA_HOME", "GOPATH", "GOROOT", "CARGO_HOME", "RUSTUP_HOME", "PYENV_ROOT", "NVM_DIR", "VIRTUAL_ENV",
        "DOCKER_HOST", "KUBECONFIG", "AWS_PROFILE", "AWS_REGION", "GOOGLE_APPLICATION_CREDENTIALS", "CLOUD_ML_REGION",
    ]
    private static let prefixes = ["LC_", "XDG_", "ANTHROPIC_", "CLAUDE_"]

    /// Returns the child's environment: the allowed part of `own`, then what `turn` adds. `WEGENT_TASK`, `WEGENT_BOOT`
    /// and `WEGENT_CHILD` mark everything that this child starts, so that it can be found wherever it goes.
    static func make(
        from own: [String: String], attempt: AttemptID, boot: BootID, adding turn: [String: String] = [:]
    ) -> [String: String] {
        var child = own.filter { name, _ in names.contains(name) || prefixes.contains { name.hasPrefix($0) } }
        // Set by Claude Code in its own children; with an inherited one the new process would take itself for one of
        // them.
        for name in ["CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SSE_PORT"] { child[name] = nil }
        child[ProcessMark.task] = attempt.description
        child[ProcessMark.boot] = boot.description
        child[ProcessMark.child] = BootID.generate().description
        return child.merging(turn) { _, new in new }
    }
}
