/// A gateway tells the owner's leader that an executor's session can be reached through it, in `Header.session`;
/// after the registration, and again after each fresh start of the leader.
public struct SessionOpen: Request, Equatable {
    public typealias Reply = SessionOpened
    public static let type = "session.open"
    /// Whose device.
    public var owner: UserID
    /// Which device.
    public var device: String
    /// The session's generation; one lower than known is refused with `stale_session`.
    public var generation: UInt64
    /// The gateway's number for it.
    public var session: SessionNumber
    /// How many slots the device has.
    public var slots: Int

    public init(owner: UserID, device: String, generation: UInt64, session: SessionNumber, slots: Int) {
        self.owner = owner
        self.device = device
        self.generation = generation
        self.session = session
        self.slots = slots
    }

    enum CodingKeys: String, CodingKey {
        case owner, generation, session, slots
        case device = "device_id"
    }
}
