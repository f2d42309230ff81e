/// A gateway tells the registry that an executor's connection has ended. Without effect when the device has a
/// newer session.
public struct DeviceGone: Message, Equatable {
    public static let type = "device.gone"
    /// Whose device.
    public var owner: UserID
    /// Which device.
    public var device: String
    /// Which session of it.
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
