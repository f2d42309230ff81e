import Messages

/// A device: the contents of its row, and its session.
struct DeviceRecord: Equatable, Sendable {
    /// The owner's name for it, else the machine's own.
    var name: String
    var isDefault = false
    /// The owner's labels.
    var labels: [String: String] = [:]
    /// How many slots it has.
    var total: Int
    var version: String?
    var agents: [Agent]
    /// The directories that its executor allows; nil = unknown. Not on disk: only a connected device's count.
    var allowedDirs: [String]?
    var platform: Platform?
    var lastSeenAt: Timestamp?
    /// The generation of the newest session that was opened.
    var generation: UInt64
    var session: DeviceSession?
    /// The boot id of the executor that last had a session since the registry's start.
    var boot: BootID?
    /// Whether it has had no session since the registry's start, and ``RegistryLimits/startGrace`` is not over.
    var isUnheard = false

    /// Returns the device as its owner sees it.
    func device(_ key: DeviceKey) -> Device {
        Device(
            owner: key.owner, id: key.id, name: name, status: status, statusReason: reason, isDefault: isDefault,
            labels: labels.isEmpty ? nil : labels, slots: Slots(used: session?.used ?? 0, total: total),
            version: version, agents: agents, allowedDirs: allowedDirs, platform: platform,
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
