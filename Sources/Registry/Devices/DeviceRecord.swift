import Messages

/// What the registry knows of a device: what its row holds, and its session.
struct DeviceRecord: Equatable, Sendable {
    /// The owner's name for it, else the machine's own.
    var name: String
    var isDefault = false
    /// What its owner wrote on it.
    var labels: [String: String] = [:]
    /// Slots it has.
    var total: Int
    var version: String?
    var agents: [Agent]
    var platform: Platform?
    var lastSeenAt: Timestamp?
    /// That of the newest session that was opened.
    var generation: UInt64
    var session: DeviceSession?
    /// The executor's life that last had a session in this life of the registry.
    var boot: BootID?
    /// Whether nothing was heard of it since the registry's start, which is so recent that this says nothing.
    var isUnheard = false

    /// The device as its owner sees it.
    func device(_ key: DeviceKey) -> Device {
        Device(
            owner: key.owner, id: key.id, name: name, status: status, statusReason: reason, isDefault: isDefault,
            labels: labels.isEmpty ? nil : labels, slots: Slots(used: session?.used ?? 0, total: total),
            version: version, agents: agents, platform: platform,
            lastSeenAt: lastSeenAt, connectedAt: session?.connectedAt, generation: generation, route: session?.route)
    }

    private var status: DeviceStatus {
        guard let session else { return isUnheard ? .unknown : .offline }
        return session.used >= total ? .busy : .online
    }

    private var reason: StatusReason? {
        guard let session else { return isUnheard ? .registryRestarted : nil }
        return session.draining ? .draining : nil
    }
}
