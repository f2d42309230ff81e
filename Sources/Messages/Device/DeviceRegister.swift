/// An executor makes its device known: its first message on every connection. The gateway adds `owner` and
/// `route` from what it has authenticated (whatever the executor wrote there) and passes it to the registry.
public struct DeviceRegister: Request, Equatable {
    public typealias Reply = DeviceRegistered
    public static let type = "device.register"
    /// The device's id, from the hardware or as its owner set it: 1 to 128 of `A-Z a-z 0-9 . _ -`.
    public var device: String
    /// For people, such as "Linux - build-box"; used only when the device is new.
    public var name: String
    /// This life of the executor process.
    public var boot: BootID
    /// The executor's version.
    public var version: String
    /// How many tasks it runs at once, 1 to 1,000.
    public var slots: Int
    /// The agents it found.
    public var agents: [Agent]
    /// What it runs on.
    public var platform: Platform
    /// The newest generation that the executor has ever been given, below 2^53; 0 = none.
    public var generation: UInt64
    /// Set by the gateway: whose token was used.
    public var owner: UserID?
    /// Set by the gateway: where this session is.
    public var route: Route?
    /// Set by the gateway, true: the session is there already and is registered again, because the registry was away. It
    /// gives way to a session of the same life elsewhere that was given a higher `generation` (`stale_session`).
    public var again: Bool?

    public init(
        device: String, name: String, boot: BootID, version: String, slots: Int, agents: [Agent] = [],
        platform: Platform, generation: UInt64, owner: UserID? = nil, route: Route? = nil, again: Bool? = nil
    ) {
        self.device = device
        self.name = name
        self.boot = boot
        self.version = version
        self.slots = slots
        self.agents = agents
        self.platform = platform
        self.generation = generation
        self.owner = owner
        self.route = route
        self.again = again
    }

    enum CodingKeys: String, CodingKey {
        case name, boot, version, slots, agents, platform, generation, owner, route, again
        case device = "device_id"
    }
}
