/// Which part of the executor's environment an agent gets. Everything else stays with the executor.
struct EnvironmentPolicy: Sendable {
    /// Why a variable is passed.
    enum Reason: Hashable, Sendable {
        /// A login, a shell or common tools need it.
        case everybodys
        /// The agent or a provider documents it; ``AgentVariables/why``.
        case agents(String)
        /// The device's owner has added it; the pattern.
        case added(String)
    }

    /// Patterns of the device's owner.
    var added: [EnvironmentPattern] = []

    /// What a login, a shell and common tools need: who and where the user is, language, terminal, proxies, certificates,
    /// the places of toolchains.
    static let everybodys: [EnvironmentPattern] = [
        "HOME", "PATH", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "COLORTERM", "NO_COLOR",
        "FORCE_COLOR", "TMPDIR", "XDG_*", "HOSTNAME", "EDITOR", "VISUAL", "PAGER", "DISPLAY", "WAYLAND_DISPLAY",
        "SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "FTP_PROXY",
        "http_proxy", "https_proxy", "no_proxy", "all_proxy", "ftp_proxy",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT",
        "NIX_SSL_CERT_FILE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "HTTPLIB2_CA_CERTS",
        "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED", "NODE_USE_SYSTEM_CA", "NODE_USE_ENV_PROXY",
        "NODE_OPTIONS", "DO_NOT_TRACK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_AUTHOR_*", "GIT_COMMITTER_*",
        "GIT_CONFIG_GLOBAL", "JAVA_HOME", "GOPATH", "GOROOT", "GOPROXY", "CARGO_HOME", "RUSTUP_HOME", "PYENV_ROOT",
        "NVM_DIR", "VIRTUAL_ENV", "CONDA_*", "LD_LIBRARY_PATH", "DOCKER_HOST", "DOCKER_CONFIG", "KUBECONFIG",
    ]

    /// Clouds that serve models, with the credentials that their libraries take: Bedrock, Vertex, Foundry. Part of an
    /// agent's own patterns where it can use them.
    static let providers: [EnvironmentPattern] = [
        "AWS_*", "BEDROCK_*", "VERTEX_*", "CLOUD_ML_REGION", "GOOGLE_*", "GCLOUD_PROJECT", "CLOUDSDK_*",
        "GCE_METADATA_HOST", "GCE_METADATA_IP", "AZURE_*", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT",
        "MSI_SECRET",
    ]

    /// Variables of the product, its tokens and marks among them, which nobody can add.
    static func isProducts(_ name: String) -> Bool { name.hasPrefix("WEGENT_") }

    /// Returns why `agent` gets a variable; nil = it does not.
    func reason(for name: String, of agent: AgentVariables) -> Reason? {
        guard !Self.isProducts(name), !agent.own.contains(name) else { return nil }
        if Self.everybodys.contains(where: { $0.matches(name) }) { return .everybodys }
        if agent.covers(name) { return .agents(agent.why) }
        return added.first { $0.matches(name) }.map { .added($0.text) }
    }

    /// Returns the part of `own` that `agent` gets.
    func environment(of own: [String: String], for agent: AgentVariables) -> [String: String] {
        own.filter { name, _ in reason(for: name, of: agent) != nil }
    }
}
