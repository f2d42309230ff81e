/// A machine that runs tasks, as its owner sees it. A device is (owner, id).
public struct Device: Codable, Sendable, Equatable {
    /// The owner.
    public var owner: UserID
    /// From the hardware, 1 to 128 of `A-Z a-z 0-9 . _ -`; unique per owner.
    public var id: String
    /// For people, 1 to 200 characters, such as "Linux - build-box".
    public var name: String
    /// What the device can do now.
    public var status: DeviceStatus
    /// Why, where the status alone would mislead.
    public var statusReason: StatusReason?
    /// Whether tasks without a target go here; at most one per owner.
    public var isDefault: Bool
    /// The owner's labels; nil = none.
    public var labels: [String: String]?
    /// Slots in use and in all.
    public var slots: Slots
    /// The executor's version; nil before its first registration.
    public var version: String?
    /// The agents that the executor found.
    public var agents: [Agent]
    /// Absolute directories in which, and below which, a task may run; nil = unknown.
    public var allowedDirs: [String]?
    /// What the device runs on; nil before its first registration.
    public var platform: Platform?
    /// When the registry last received anything from it.
    public var lastSeenAt: Timestamp?
    /// When its present connection was made; nil while offline.
    public var connectedAt: Timestamp?
    /// The newest session's number; 0 before the first.
    public var generation: UInt64
    /// Where its present session is; nil while offline.
    public var route: Route?

    public init(
        owner: UserID, id: String, name: String, status: DeviceStatus, statusReason: StatusReason? = nil,
        isDefault: Bool = false, labels: [String: String]? = nil, slots: Slots,
        version: String? = nil, agents: [Agent] = [], allowedDirs: [String]? = nil, platform: Platform? = nil,
        lastSeenAt: Timestamp? = nil,
        connectedAt: Timestamp? = nil, generation: UInt64 = 0, route: Route? = nil
    ) {
        self.owner = owner
        self.id = id
        self.name = name
        self.status = status
        self.statusReason = statusReason
        self.isDefault = isDefault
        self.labels = labels
        self.slots = slots
        self.version = version
        self.agents = agents
        self.allowedDirs = allowedDirs
        self.platform = platform
        self.lastSeenAt = lastSeenAt
        self.connectedAt = connectedAt
        self.generation = generation
        self.route = route
    }

    enum CodingKeys: String, CodingKey {
        case owner, id, name, status, labels, slots, version, agents, platform, generation, route
        case statusReason = "status_reason"
        case isDefault = "is_default"
        case allowedDirs = "allowed_dirs"
        case lastSeenAt = "last_seen_at"
        case connectedAt = "connected_at"
    }
}

/// How many tasks a device runs and can run at once.
public struct Slots: Codable, Sendable, Equatable {
    /// In use, 0 to `total`.
    public var used: Int
    /// 1 to 1,000.
    public var total: Int
    public init(used: Int, total: Int) {
        self.used = used
        self.total = total
    }
}

/// An agent that an executor can drive.
public struct Agent: Codable, Sendable, Equatable {
    /// `claude-code`, `shell`, …
    public var name: String
    /// The version that the agent's program reports; nil when it has none or was not asked.
    public var version: String?
    /// Whether a task for it can start.
    public var ready: Bool
    /// Why it is not ready and what to do, or a remark for people.
    public var detail: String?
    /// The permission modes that a task may choose; nil = unknown.
    public var permissionModes: [PermissionMode]?
    /// Whether its turns take messages while they run; nil = unknown.
    public var canSteer: Bool?
    /// Whether a task for it may have a pseudo-terminal, or standard output and standard error apart; nil = unknown.
    public var hasTerminal: Bool?

    public init(
        name: String, version: String?, ready: Bool, detail: String?, permissionModes: [PermissionMode]? = nil,
        canSteer: Bool? = nil, hasTerminal: Bool? = nil
    ) {
        self.name = name
        self.version = version
        self.ready = ready
        self.detail = detail
        self.permissionModes = permissionModes
        self.canSteer = canSteer
        self.hasTerminal = hasTerminal
    }

    enum CodingKeys: String, CodingKey {
        case name, version, ready, detail
        case permissionModes = "permission_modes"
        case canSteer = "can_steer"
        case hasTerminal = "has_terminal"
    }

    /// Returns why the agent refuses a task by how the output of its command is read; nil = it does not, or has not said so.
    /// - Parameter agents: The device's agents; the sentence names those that would take the task.
    public func outputRefusal(terminal: TerminalSize?, splitOutput: Bool?, among agents: [Agent]) -> Fault? {
        guard hasTerminal == false, terminal != nil || splitOutput == true else { return nil }
        let (what, option) =
            terminal != nil
            ? ("runs its commands without a terminal", "terminal (--tty)")
            : ("does not keep the outputs of its commands apart", "split_output (--split-output)")
        let able = agents.filter { $0.hasTerminal == true }.map(\.name).joined(separator: ", ")
        let way = able.isEmpty ? "" : ", or choose an agent that takes it (\(able))"
        return Fault(.invalidRequest, "the agent \(name) \(what): leave out \(option)\(way)")
    }
}

/// What a device runs on.
public struct Platform: Codable, Sendable, Equatable {
    /// `linux` or `darwin`.
    public var os: String
    /// `x86_64`, `arm64`, …
    public var arch: String
    /// The machine's host name.
    public var hostname: String
    public init(os: String, arch: String, hostname: String) {
        self.os = os
        self.arch = arch
        self.hostname = hostname
    }
}

/// Where a device's session is.
public struct Route: Codable, Sendable, Hashable {
    /// The incarnation of the gateway that holds the session.
    public var gateway: Incarnation
    /// The gateway's number of the session, as in ``Header/session``; a string, since many JSON readers are exact only
    /// up to 2^53.
    public var session: SessionNumber
    public init(gateway: Incarnation, session: SessionNumber) {
        self.gateway = gateway
        self.session = session
    }
}

/// A gateway's random number for one connection of an executor, never 0.
public struct SessionNumber: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Never 0.
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
    /// Returns a new random one.
    public static func generate() -> SessionNumber { SessionNumber(.random(in: 1...UInt64.max)) }
    public var description: String { String(value) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = UInt64(try container.decode(String.self)), value != 0 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a session number")
        }
        self.init(value)
    }
}

/// What a device can do for its owner now.
public struct DeviceStatus: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Connected, with a free slot.
    public static let online = DeviceStatus(rawValue: "online")
    /// Not connected.
    public static let offline = DeviceStatus(rawValue: "offline")
    /// Connected, every slot in use.
    public static let busy = DeviceStatus(rawValue: "busy")

    /// Not seen since the registry restarted. The silence does not mean that it is offline; no service acts on it yet.
    public static let unknown = DeviceStatus(rawValue: "unknown")

    /// Every status that this version knows.
    public static let all: [DeviceStatus] = [.online, .offline, .busy, .unknown]
}

/// Why a device has its status, where the status alone would mislead.
public struct StatusReason: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It is connected and accepts no new work: its executor is about to stop.
    public static let draining = StatusReason(rawValue: "draining")
    /// The registry restarted and has not seen the device since.
    public static let registryRestarted = StatusReason(rawValue: "registry_restarted")

    /// Every reason that this version knows.
    public static let all: [StatusReason] = [.draining, .registryRestarted]
}
