/// A step of a ``DeviceWatch``.
public struct DeviceChanges: Message, Equatable {
    public static let type = "device.changes"
    /// The registry's life that counts the revisions.
    public var incarnation: Incarnation
    /// The revision after this step.
    public var revision: UInt64
    /// Whether `devices` is everything there is, replacing all that was known. A large snapshot comes in several
    /// items: the first one has `snapshot`, all but the last one have `more`.
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
