import Messages

/// What the registry knows of a device: what its row holds, and its session.
struct DeviceRecord: Equatable, Sendable {
    var name: String
    var isDefault = false
    /// Slots it has.
    var total: Int
    var version: String?
    var agents: [Agent]
    var platform: Platform?
    var lastSeenAt: Timestamp?
    /// That of the newest session that was opened.
    var generation: UInt64
    var session: DeviceSession?

    /// The device as its owner sees it.
    func device(_ key: DeviceKey) -> Device {
        Device(
            owner: key.owner, id: key.id, name: name, status: status, isDefault: isDefault,
            slots: Slots(used: session?.used ?? 0, total: total), version: version, agents: agents, platform: platform,
            lastSeenAt: lastSeenAt, connectedAt: session?.connectedAt, generation: generation, route: session?.route)
    }

    private var status: DeviceStatus {
        guard let session else { return .offline }
        return session.used >= total ? .busy : .online
    }
}
