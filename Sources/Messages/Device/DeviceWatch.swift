/// Watches devices: a snapshot, then every change in order. After the end of the stream a watcher subscribes again and
/// receives a new snapshot.
public struct DeviceWatch: Subscribe, Equatable {
    public typealias Item = DeviceChanges
    public static let type = "device.watch"
    /// Only this owner's devices; nil = all devices (services only).
    public var owner: UserID?

    public init(owner: UserID? = nil) {
        self.owner = owner
    }
}

/// One item of a ``DeviceWatch``.
public struct DeviceChanges: Message, Equatable {
    public static let type = "device.changes"
    /// The incarnation of the registry that counts the revisions.
    public var incarnation: Incarnation
    /// The revision after this step.
    public var revision: UInt64
    /// Whether this item begins a snapshot, which replaces everything received before. A large snapshot takes several
    /// items: the first has `snapshot`, all but the last have `more`.
    public var snapshot: Bool
    /// Whether the snapshot goes on in the next item.
    public var more: Bool
    /// New and changed devices, whole.
    public var devices: [Device]
    /// Devices that were deleted.
    public var removed: [RemovedDevice]

    public init(
        incarnation: Incarnation, revision: UInt64, snapshot: Bool, more: Bool, devices: [Device] = [],
        removed: [RemovedDevice] = []
    ) {
        self.incarnation = incarnation
        self.revision = revision
        self.snapshot = snapshot
        self.more = more
        self.devices = devices
        self.removed = removed
    }
}

/// A device that was deleted.
public struct RemovedDevice: Codable, Sendable, Equatable, Hashable {
    /// The owner.
    public var owner: UserID
    /// The device's id.
    public var id: String
    public init(owner: UserID, id: String) {
        self.owner = owner
        self.id = id
    }
}
