import Messages

/// Choices as their owner sees them; those that were not made are `null`.
struct ChoicesJSON: Encodable {
    var choices: Choices

    init(_ choices: Choices) { self.choices = choices }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(choices.priority, forKey: .priority)
        try container.encode(choices.queueTTLS, forKey: .queueTTLS)
        try container.encode(choices.ifOffline, forKey: .ifOffline)
        try container.encode(choices.onDisconnect, forKey: .onDisconnect)
        try container.encode(choices.graceS, forKey: .graceS)
        try container.encode(choices.timeoutS, forKey: .timeoutS)
        try container.encode(choices.idleTimeoutS, forKey: .idleTimeoutS)
        try container.encode(choices.permissionMode, forKey: .permissionMode)
    }

    private enum Key: String, CodingKey {
        case priority
        case queueTTLS = "queue_ttl_s"
        case ifOffline = "if_offline"
        case onDisconnect = "on_disconnect"
        case graceS = "grace_s"
        case timeoutS = "timeout_s"
        case idleTimeoutS = "idle_timeout_s"
        case permissionMode = "permission_mode"
    }
}
