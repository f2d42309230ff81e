/// Registers an executor's device: the executor's first message on every connection. The gateway replaces `owner` and
/// `route` with what it has authenticated and passes the request to the registry.
public struct DeviceRegister: Request, Equatable {
    public typealias Reply = DeviceRegistered
    public static let type = "device.register"
    /// The device's id, from the hardware or as its owner set it: 1 to 128 of `A-Z a-z 0-9 . _ -`.
    public var device: String
    /// For people, such as "Linux - build-box"; used only when the device is new.
    public var name: String
    /// Identifies this run of the executor process.
    public var boot: BootID
    /// The executor's version.
    public var version: String
    /// How many tasks it runs at once, 1 to 1,000.
    public var slots: Int
    /// The agents that the executor found.
    public var agents: [Agent]
    /// Absolute directories in which, and below which, a task may run; nil = unknown.
    public var allowedDirs: [String]?
    /// What it runs on.
    public var platform: Platform
    /// The newest generation that the executor has received, below 2^53; 0 = none.
    public var generation: UInt64
    /// Set by the gateway: the owner of the token that was used.
    public var owner: UserID?
    /// Set by the gateway: where this session is.
    public var route: Route?
    /// Set to true by the gateway when it re-registers an existing session after the registry was lost. The registry
    /// refuses it (`stale_session`) if another session of the same boot has a higher `generation`.
    public var again: Bool?

    public init(
        device: String, name: String, boot: BootID, version: String, slots: Int, agents: [Agent] = [],
        allowedDirs: [String]? = nil, platform: Platform, generation: UInt64, owner: UserID? = nil, route: Route? = nil,
        again: Bool? = nil
    ) {
        self.device = device
        self.name = name
        self.boot = boot
        self.version = version
        self.slots = slots
        self.agents = agents
        self.allowedDirs = allowedDirs
        self.platform = platform
        self.generation = generation
        self.owner = owner
        self.route = route
        self.again = again
    }

    enum CodingKeys: String, CodingKey {
        case name, boot, version, slots, agents, platform, generation, owner, route, again
        case device = "device_id"
        case allowedDirs = "allowed_dirs"
    }
}

/// The registry's reply to ``DeviceRegister``, passed on to the executor. As a notice it gives the executor the new
/// generation of a session that was re-registered after the registry was lost.
public struct DeviceRegistered: Message, Equatable {
    public static let type = "device.registered"
    /// The id under which the device is registered; it differs from the requested one where two machines share an id.
    public var device: String
    /// The name that viewers see.
    public var name: String
    /// This session's generation; messages of an earlier one are stale. The executor stores it.
    public var generation: UInt64

    public init(device: String, name: String, generation: UInt64) {
        self.device = device
        self.name = name
        self.generation = generation
    }

    enum CodingKeys: String, CodingKey {
        case name, generation
        case device = "device_id"
    }
}
