/// Reports to the registry that a gateway has lost an executor's connection. Without effect when the device has a newer
/// session.
public struct DeviceGone: Message, Equatable {
    public static let type = "device.gone"
    /// The device's owner.
    public var owner: UserID
    /// The device's id.
    public var device: String
    /// The session's generation.
    public var generation: UInt64
    /// Why, for people: closed, silent for 15 s, replaced, …
    public var reason: String

    public init(owner: UserID, device: String, generation: UInt64, reason: String) {
        self.owner = owner
        self.device = device
        self.generation = generation
        self.reason = reason
    }

    enum CodingKeys: String, CodingKey {
        case owner, generation, reason
        case device = "device_id"
    }
}
