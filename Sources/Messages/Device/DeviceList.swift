/// Lists all devices of an owner.
public struct DeviceList: Request, Equatable {
    public typealias Reply = DeviceListing
    public static let type = "device.list"
    /// The owner.
    public var owner: UserID

    public init(owner: UserID) {
        self.owner = owner
    }
}

/// The reply to ``DeviceList``.
public struct DeviceListing: Message, Equatable {
    public static let type = "device.listing"
    /// Sorted by name, then id.
    public var devices: [Device]

    public init(devices: [Device] = []) {
        self.devices = devices
    }
}
