import Messages

/// A device as its owner sees it; fields without a value are `null`. Where its session is stays inside.
struct DeviceJSON: Encodable {
    var device: Device

    init(_ device: Device) { self.device = device }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(device.id, forKey: .id)
        try container.encode(device.name, forKey: .name)
        try container.encode(device.status, forKey: .status)
        try container.encode(device.statusReason, forKey: .statusReason)
        try container.encode(device.isDefault, forKey: .isDefault)
        try container.encode(device.labels ?? [:], forKey: .labels)
        try container.encode(device.slots, forKey: .slots)
        try container.encode(device.version, forKey: .version)
        try container.encode(device.agents.map(AgentJSON.init), forKey: .agents)
        try container.encode(device.platform, forKey: .platform)
        try container.encode(device.lastSeenAt, forKey: .lastSeenAt)
        try container.encode(device.connectedAt, forKey: .connectedAt)
    }

    private enum Key: String, CodingKey {
        case id, name, status, labels, slots, version, agents, platform
        case statusReason = "status_reason"
        case isDefault = "is_default"
        case lastSeenAt = "last_seen_at"
        case connectedAt = "connected_at"
    }

    private struct AgentJSON: Encodable {
        var agent: Agent

        init(_ agent: Agent) { self.agent = agent }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(agent.name, forKey: .name)
            try container.encode(agent.version, forKey: .version)
            try container.encode(agent.ready, forKey: .ready)
            try container.encode(agent.detail, forKey: .detail)
        }

        private enum Key: String, CodingKey { case name, version, ready, detail }
    }
}
