/// Asks for all devices of an owner.
public struct DeviceList: Request, Equatable {
    public typealias Reply = DeviceListing
    public static let type = "device.list"
    /// Whose.
    public var owner: UserID

    public init(owner: UserID) {
        self.owner = owner
    }
}
