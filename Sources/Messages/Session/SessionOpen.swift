/// Reports to the owner's leader that a gateway holds an executor's session, which messages address in
/// `Header.session`; sent after the registration, and again to each new leader.
public struct SessionOpen: Request, Equatable {
    public typealias Reply = SessionOpened
    public static let type = "session.open"
    /// The device's owner.
    public var owner: UserID
    /// The device's id.
    public var device: String
    /// The session's generation; a stale one is refused with `stale_session`.
    public var generation: UInt64
    /// The gateway's number of the session.
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

/// The leader's reply to ``SessionOpen``.
public struct SessionOpened: Message, Equatable {
    public static let type = "session.opened"
    /// The epoch in which it leads the owner's partition.
    public var epoch: UInt64

    public init(epoch: UInt64) {
        self.epoch = epoch
    }
}
