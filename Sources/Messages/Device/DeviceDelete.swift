/// Removes a device's registration, its star included. The session of a connected device is cut wherever it is, and
/// the device comes back when its executor registers it anew. `device_not_found` when the owner has none of this id.
public struct DeviceDelete: Request, Equatable {
    public typealias Reply = Done
    public static let type = "device.delete"
    /// Whose.
    public var owner: UserID
    /// Which.
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
