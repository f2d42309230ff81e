/// A device over HTTP: ``Device`` without its owner, its generation and its route, which stay inside the mesh. Fields
/// without a value are written as `null`; a reader ignores fields that it does not know.
public struct DeviceBody: Codable, Sendable, Equatable {
    /// From the hardware, 1 to 128 of `A-Z a-z 0-9 . _ -`; unique per owner.
    public var id: String
    /// For people, 1 to 200 characters.
    public var name: String
    /// What the device can do now.
    public var status: DeviceStatus
    /// Why, where the status alone would mislead.
    public var statusReason: StatusReason?
    /// Whether tasks without a target go here; at most one per owner.
    public var isDefault: Bool
    /// The owner's labels; read as empty where the field is missing.
    public var labels: [String: String]
    /// Slots in use and in all.
    public var slots: Slots
    /// The executor's version; nil before it has registered one.
    public var version: String?
    /// The agents that the executor found.
    public var agents: [Agent]
    /// Absolute directories in which, and below which, a task may run; nil = unknown.
    public var allowedDirs: [String]?
    /// What the device runs on.
    public var platform: Platform?
    /// When the registry last heard from the device.
    public var lastSeenAt: Timestamp?
    /// When its present connection was made; nil while offline.
    public var connectedAt: Timestamp?

    public init(_ device: Device) {
        id = device.id
        name = device.name
        status = device.status
        statusReason = device.statusReason
        isDefault = device.isDefault
        labels = device.labels ?? [:]
        slots = device.slots
        version = device.version
        agents = device.agents
        allowedDirs = device.allowedDirs
        platform = device.platform
        lastSeenAt = device.lastSeenAt
        connectedAt = device.connectedAt
    }

    private typealias Key = Device.CodingKeys

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(String.self, forKey: .id)
        name = try container.decode(String.self, forKey: .name)
        status = try container.decode(DeviceStatus.self, forKey: .status)
        statusReason = try container.decodeIfPresent(StatusReason.self, forKey: .statusReason)
        isDefault = try container.decode(Bool.self, forKey: .isDefault)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        slots = try container.decode(Slots.self, forKey: .slots)
        version = try container.decodeIfPresent(String.self, forKey: .version)
        agents = try container.decode([Agent].self, forKey: .agents)
        allowedDirs = try container.decodeIfPresent([String].self, forKey: .allowedDirs)
        platform = try container.decodeIfPresent(Platform.self, forKey: .platform)
        lastSeenAt = try container.decodeIfPresent(Timestamp.self, forKey: .lastSeenAt)
        connectedAt = try container.decodeIfPresent(Timestamp.self, forKey: .connectedAt)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(status, forKey: .status)
        try container.encode(statusReason, forKey: .statusReason)
        try container.encode(isDefault, forKey: .isDefault)
        try container.encode(labels, forKey: .labels)
        try container.encode(slots, forKey: .slots)
        try container.encode(version, forKey: .version)
        try container.encode(agents.map(AgentBody.init), forKey: .agents)
        try container.encode(allowedDirs, forKey: .allowedDirs)
        try container.encode(platform, forKey: .platform)
        try container.encode(lastSeenAt, forKey: .lastSeenAt)
        try container.encode(connectedAt, forKey: .connectedAt)
    }
}

/// An ``Agent`` with `null` for each field without a value.
private struct AgentBody: Encodable {
    var agent: Agent

    init(_ agent: Agent) { self.agent = agent }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Agent.CodingKeys.self)
        try container.encode(agent.name, forKey: .name)
        try container.encode(agent.version, forKey: .version)
        try container.encode(agent.ready, forKey: .ready)
        try container.encode(agent.detail, forKey: .detail)
        try container.encode(agent.permissionModes, forKey: .permissionModes)
        try container.encode(agent.canSteer, forKey: .canSteer)
        try container.encode(agent.hasTerminal, forKey: .hasTerminal)
    }
}

/// The body of `PATCH /devices/{device}`: a JSON merge patch (RFC 7396).
public struct DevicePatchBody: Codable, Sendable, Equatable {
    /// The device's name; ``Patch/clear`` = the name that the machine gives itself.
    public var name: Patch<String>
    /// Labels that change: a value adds or replaces a label, `null` removes it; nil = none.
    public var labels: [String: String?]?

    public init(name: Patch<String> = .absent, labels: [String: String?]? = nil) {
        self.name = name
        self.labels = labels
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.patch(String.self, forKey: .name)
        labels = try container.decodeIfPresent([String: String?].self, forKey: .labels)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(labels, forKey: .labels)
    }

    private enum Key: String, CodingKey { case name, labels }
}
