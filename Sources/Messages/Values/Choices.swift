/// What a person may choose of a task's way: how it waits, and what becomes of it when something is in its way. An
/// absent field is left to the owner's defaults, and then to the service.
public struct Choices: Codable, Sendable, Equatable {
    /// Its place among those who wait for the same device. Default: `normal`.
    public var priority: Priority?
    /// Seconds that it may wait in a queue before it fails with `queue_expired`, 1 to 2,592,000 (30 days).
    /// Default: 86,400.
    public var queueTTLS: Double?
    /// What becomes of it when its device is offline at the submission. Default: `fail`.
    public var ifOffline: IfOffline?
    /// What becomes of it when its device goes away while it runs. Default: `fail`.
    public var onDisconnect: OnDisconnect?
    /// Seconds that the device may be away before that happens, 0 to 86,400. Default: the dispatcher's
    /// `--grace-s`.
    public var graceS: Double?
    /// Seconds that an attempt may run, 0 to 2,592,000; 0 = as long as it takes, the default.
    public var timeoutS: Double?
    /// Seconds that an attempt may run without an event, 0 to 2,592,000; 0 = as long as it takes, the default.
    public var idleTimeoutS: Double?
    /// What the agent may do unasked. Default: the device's `--permission-mode`.
    public var permissionMode: PermissionMode?

    public init(
        priority: Priority? = nil, queueTTLS: Double? = nil, ifOffline: IfOffline? = nil,
        onDisconnect: OnDisconnect? = nil, graceS: Double? = nil, timeoutS: Double? = nil, idleTimeoutS: Double? = nil,
        permissionMode: PermissionMode? = nil
    ) {
        self.priority = priority
        self.queueTTLS = queueTTLS
        self.ifOffline = ifOffline
        self.onDisconnect = onDisconnect
        self.graceS = graceS
        self.timeoutS = timeoutS
        self.idleTimeoutS = idleTimeoutS
        self.permissionMode = permissionMode
    }

    enum CodingKeys: String, CodingKey {
        case priority
        case queueTTLS = "queue_ttl_s"
        case ifOffline = "if_offline"
        case onDisconnect = "on_disconnect"
        case graceS = "grace_s"
        case timeoutS = "timeout_s"
        case idleTimeoutS = "idle_timeout_s"
        case permissionMode = "permission_mode"
    }

    /// What the service chooses where nobody says anything, but for the grace, which is the dispatcher's flag, and the
    /// permission mode, which is the device's.
    public static let standard = Choices(
        priority: .normal, queueTTLS: 86_400, ifOffline: .fail, onDisconnect: .fail, timeoutS: 0, idleTimeoutS: 0)

    /// These choices, and those of `other` where there is none here.
    public func filled(from other: Choices) -> Choices {
        Choices(
            priority: priority ?? other.priority, queueTTLS: queueTTLS ?? other.queueTTLS,
            ifOffline: ifOffline ?? other.ifOffline, onDisconnect: onDisconnect ?? other.onDisconnect,
            graceS: graceS ?? other.graceS, timeoutS: timeoutS ?? other.timeoutS,
            idleTimeoutS: idleTimeoutS ?? other.idleTimeoutS,
            permissionMode: permissionMode ?? other.permissionMode)
    }

    /// The names of all choices, as they travel.
    public static let names = [
        "priority", "queue_ttl_s", "if_offline", "on_disconnect", "grace_s", "timeout_s", "idle_timeout_s",
        "permission_mode",
    ]

    /// These choices without those of the names in `names`; a name that is none is ignored.
    public func without(_ names: some Collection<String>) -> Choices {
        var left = self
        for name in names {
            switch name {
            case "priority": left.priority = nil
            case "queue_ttl_s": left.queueTTLS = nil
            case "if_offline": left.ifOffline = nil
            case "on_disconnect": left.onDisconnect = nil
            case "grace_s": left.graceS = nil
            case "timeout_s": left.timeoutS = nil
            case "idle_timeout_s": left.idleTimeoutS = nil
            case "permission_mode": left.permissionMode = nil
            default: break
            }
        }
        return left
    }

    /// Holds every choice against what is allowed.
    /// - Throws: ``Fault`` `invalid_request` that names the field, the value and what may be there.
    public func check() throws {
        try Self.among(priority, Priority.all, "priority")
        try Self.among(ifOffline, IfOffline.all, "if_offline")
        try Self.among(onDisconnect, OnDisconnect.all, "on_disconnect")
        try Self.among(permissionMode, PermissionMode.all, "permission_mode")
        try Self.within(queueTTLS, 1...Limits.choiceSeconds.upperBound, "queue_ttl_s")
        try Self.within(graceS, 0...86_400, "grace_s")
        try Self.within(timeoutS, Limits.choiceSeconds, "timeout_s")
        try Self.within(idleTimeoutS, Limits.choiceSeconds, "idle_timeout_s")
    }

    private static func among<S: OpenSet>(_ value: S?, _ all: [S], _ name: String) throws {
        guard let value, !all.contains(value) else { return }
        let names = all.map(\.rawValue).joined(separator: ", ")
        throw Fault(.invalidRequest, "'\(name)' must be one of \(names); '\(value.rawValue.prefix(40))' is none")
    }

    private static func within(_ value: Double?, _ range: ClosedRange<Double>, _ name: String) throws {
        // A value that is no number is in no range.
        guard let value, !range.contains(value) else { return }
        throw Fault(
            .invalidRequest,
            "'\(name)' must be \(Int(range.lowerBound)) to \(Int(range.upperBound)) seconds")
    }
}
