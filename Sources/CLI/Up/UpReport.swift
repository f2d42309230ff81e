import Messages

/// What `wegent up` tells when it is ready.
struct UpReport: Encodable, Sendable {
    var url: String
    var user: String
    /// Nil when nobody knows it any more.
    var password: String?
    var token: String
    /// This machine; nil with `--no-executor`.
    var device: DeviceItem?

    enum CodingKeys: String, CodingKey {
        case url, user, password, token
    }

    // Written out: a password that nobody knows is null, not absent.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(url, forKey: .url)
        try container.encode(user, forKey: .user)
        try container.encode(password, forKey: .password)
        try container.encode(token, forKey: .token)
    }

    /// The address for a client on this machine.
    static func url(host: String, port: Int) -> String {
        let local = ["0.0.0.0": "127.0.0.1", "::": "[::1]"]
        return "http://\(local[host] ?? (host.contains(":") ? "[\(host)]" : host)):\(port)"
    }

    /// The report for people.
    /// - Parameters:
    ///   - program: how `wegent` was called.
    ///   - isSaved: whether other commands know address and token by themselves.
    func summary(paint: Paint, program: String, isSaved: Bool, data: String) -> String {
        var lines = ["", paint.bold("Wegent Mesh \(Product.version) is up at \(paint.green(url))"), ""]
        if let device {
            lines.append(
                "  Device  \(PlainSight.line(device.name))\(device.isDefault ? " ★" : ""), \(device.slots.total) slots")
            for agent in device.agents {
                let version = agent.version.map { " \($0)" } ?? ""
                let state = agent.ready ? "\(agent.name)\(version)" : "\(agent.name): \(agent.detail ?? "not ready")"
                lines.append("  Agent   \(agent.ready ? state : paint.dim(state))")
            }
        } else {
            lines.append("  Device  none here; start one with `wegent-executor --mode local`")
        }
        lines.append("  User    \(user), password \(password ?? "unknown (\(data)/first-user.json is gone)")")
        lines.append("  Data    \(data)")
        lines += ["", "Send a task from another terminal:", ""]
        if !isSaved { lines.append("  export WEGENT_BACKEND_URL=\(url) WEGENT_TOKEN=\(token)") }
        let shell = device?.agents.contains { $0.name == "shell" && $0.ready } == true
        let claude = device?.agents.contains { $0.name == "claude-code" && $0.ready } == true
        if claude || !shell { lines.append("  \(program) run 'Say hello'") }
        if shell { lines.append("  \(program) run --agent shell 'uname -a'") }
        lines += ["", paint.dim("Ctrl-C stops everything."), ""]
        return lines.joined(separator: "\n")
    }
}
