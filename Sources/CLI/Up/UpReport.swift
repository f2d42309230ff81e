import Messages

/// What `wegent up` prints when it is ready.
struct UpReport: Encodable, Sendable {
    var url: String
    var user: String
    /// nil when it is unknown; see ``FirstUser/password``.
    var password: String?
    var token: String
    /// This machine; nil with `--no-executor`.
    var device: DeviceBody?

    enum CodingKeys: String, CodingKey {
        case url, user, password, token
    }

    // Written by hand, since an unknown password is encoded as null, not left out.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(url, forKey: .url)
        try container.encode(user, forKey: .user)
        try container.encode(password, forKey: .password)
        try container.encode(token, forKey: .token)
    }

    /// Returns the address for clients on this machine.
    static func url(host: String, port: Int) -> String {
        let local = ["0.0.0.0": "127.0.0.1", "::": "[::1]"]
        return "http://\(local[host] ?? (try? HostName(host))?.inURL ?? host):\(port)"
    }

    /// Returns the report as text for people.
    /// - Parameters:
    ///   - program: The name or path by which `wegent` was started.
    ///   - isSaved: Whether address and token were saved for other commands.
    ///   - data: The data directory.
    func summary(style: TextStyle, program: String, isSaved: Bool, data: String) -> String {
        var lines = ["", style.bold("Wegent Mesh \(Product.version) is up at \(style.green(url))"), ""]
        if let device {
            lines.append(
                "  Device  \(TerminalEscaping.line(device.name))\(device.isDefault ? " ★" : ""), \(device.slots.total) slots"
            )
            for agent in device.agents {
                let version = agent.version.map { " \($0)" } ?? ""
                let state = agent.ready ? "\(agent.name)\(version)" : "\(agent.name): \(agent.detail ?? "not ready")"
                lines.append("  Agent   \(agent.ready ? state : style.dim(state))")
            }
        } else {
            lines.append("  Device  none on this machine; start one with `wegent-executor --mode local`")
        }
        lines.append("  User    \(user), password \(password ?? "unknown (\(data)/first-user.json was deleted)")")
        lines.append("  Data    \(data)")
        lines += ["", "Send a task from another terminal:", ""]
        if !isSaved { lines.append("  export WEGENT_BACKEND_URL=\(url) WEGENT_TOKEN=\(token)") }
        let ready = device?.agents.filter(\.ready).map(\.name) ?? []
        let shell = ready.contains("shell")
        if !shell || ready.contains(TaskRequestBody.defaultAgent) { lines.append("  \(program) run 'Say hello'") }
        if shell { lines.append("  \(program) run --agent shell 'uname -a'") }
        lines += ["", style.dim("Ctrl-C stops everything."), ""]
        return lines.joined(separator: "\n")
    }
}
