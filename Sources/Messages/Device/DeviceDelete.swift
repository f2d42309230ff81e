/// Deletes a device's registration, including its default mark. The session of a connected device is closed on
/// whichever gateway holds it; the device reappears when its executor registers again. `device_not_found` when the
/// owner has none of this id.
public struct DeviceDelete: Request, Equatable {
    public typealias Reply = Done
    public static let type = "device.delete"
    /// The owner.
    public var owner: UserID
    /// The device's id.
    public var device: String

    public init(owner: UserID, device: String) {
        self.owner = owner
        self.device = device
    }

    enum CodingKeys: String, CodingKey {
        case owner
        case device = "device_id"
    }
}
