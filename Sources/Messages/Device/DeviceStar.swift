/// Marks a device as the owner's default, or removes the mark. `device_not_found` when the owner has none of this id.
public struct DeviceStar: Request, Equatable {
    public typealias Reply = Done
    public static let type = "device.star"
    /// The owner.
    public var owner: UserID
    /// The device's id.
    public var device: String
    /// Whether it is the default afterwards; any other device loses the mark.
    public var on: Bool

    public init(owner: UserID, device: String, on: Bool) {
        self.owner = owner
        self.device = device
        self.on = on
    }

    enum CodingKeys: String, CodingKey {
        case owner, on
        case device = "device_id"
    }
}
