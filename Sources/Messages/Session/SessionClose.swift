/// Reports to the leader that a session has ended. Without effect when the device has a newer one.
public struct SessionClose: Message, Equatable {
    public static let type = "session.close"
    /// The device's owner.
    public var owner: UserID
    /// The device's id.
    public var device: String
    /// The session's generation.
    public var generation: UInt64
    /// Why, for people.
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
