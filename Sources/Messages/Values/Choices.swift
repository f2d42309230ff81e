/// The choices of a task: its priority, how long it waits and runs, and what happens when its device is away. The
/// owner's defaults fill in an absent field, then the service's.
public struct Choices: Codable, Sendable, Equatable {
    /// Its rank among the tasks that wait for the same device. Default: `normal`.
    public var priority: Priority?
    /// Seconds that it may wait in a queue before it fails with `queue_expired`, 1 to 2,592,000 (30 days).
    /// Default: 86,400.
    public var queueTTLS: Double?
    /// What happens when its device is offline at submission. Default: `fail`.
    public var ifOffline: IfOffline?
    /// What happens when its device disconnects while it runs. Default: `fail`.
    public var onDisconnect: OnDisconnect?
    /// The grace: seconds that the device may be away before that happens, 0 to 86,400. Default: the dispatcher's
    /// `--grace-s`.
    public var graceS: Double?
    /// Seconds that an attempt may run, 0 to 2,592,000; 0 = no limit, the default.
    public var timeoutS: Double?
    /// Seconds that an attempt may run without an event, 0 to 2,592,000; 0 = no limit, the default.
    public var idleTimeoutS: Double?
    /// What the agent may do without permission. Default: the device's `--permission-mode`.
    public var permissionMode: PermissionMode?
    /// What happens to work that the agent leaves in the background at the end of its turn. Default: the device's
    /// `--background`.
    public var background: Background?
    /// What happens when the agent reports a usage limit. Default: `fail`.
    public var onLimit: OnLimit?

    public init(
        priority: Priority? = nil, queueTTLS: Double? = nil, ifOffline: IfOffline? = nil,
        onDisconnect: OnDisconnect? = nil, graceS: Double? = nil, timeoutS: Double? = nil, idleTimeoutS: Double? = nil,
        permissionMode: PermissionMode? = nil, background: Background? = nil, onLimit: OnLimit? = nil
    ) {
        self.priority = priority
        self.queueTTLS = queueTTLS
        self.ifOffline = ifOffline
        self.onDisconnect = onDisconnect
        self.graceS = graceS
        self.timeoutS = timeoutS
        self.idleTimeoutS = idleTimeoutS
        self.permissionMode = permissionMode
        self.background = background
        self.onLimit = onLimit
    }

    enum CodingKeys: String, CodingKey {
        case priority, background
        case onLimit = "on_limit"
        case queueTTLS = "queue_ttl_s"
        case ifOffline = "if_offline"
        case onDisconnect = "on_disconnect"
        case graceS = "grace_s"
        case timeoutS = "timeout_s"
        case idleTimeoutS = "idle_timeout_s"
        case permissionMode = "permission_mode"
    }

    /// The service's defaults, without the grace (a flag of the dispatcher) and the permission mode and `background`
    /// (settings of the device).
    public static let standard = Choices(
        priority: .normal, queueTTLS: 86_400, ifOffline: .fail, onDisconnect: .fail, timeoutS: 0, idleTimeoutS: 0,
        onLimit: .fail)

    /// Returns these choices, with those of `other` where a field is absent.
    public func filled(from other: Choices) -> Choices {
        Choices(
            priority: priority ?? other.priority, queueTTLS: queueTTLS ?? other.queueTTLS,
            ifOffline: ifOffline ?? other.ifOffline, onDisconnect: onDisconnect ?? other.onDisconnect,
            graceS: graceS ?? other.graceS, timeoutS: timeoutS ?? other.timeoutS,
            idleTimeoutS: idleTimeoutS ?? other.idleTimeoutS,
            permissionMode: permissionMode ?? other.permissionMode, background: background ?? other.background,
            onLimit: onLimit ?? other.onLimit)
    }

    /// The JSON names of all choices.
    public static let names = [
        "priority", "queue_ttl_s", "if_offline", "on_disconnect", "grace_s", "timeout_s", "idle_timeout_s",
        "permission_mode", "background", "on_limit",
    ]

    /// Returns these choices without those in `names`; unknown names are ignored.
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
            case "background": left.background = nil
            case "on_limit": left.onLimit = nil
            default: break
            }
        }
        return left
    }

    /// Checks every choice against its limits.
    /// - Throws: ``Fault`` `invalid_request` that names the field, the value and the allowed ones.
    public func check() throws {
        try Self.among(priority, Priority.all, "priority")
        try Self.among(ifOffline, IfOffline.all, "if_offline")
        try Self.among(onDisconnect, OnDisconnect.all, "on_disconnect")
        try Self.among(permissionMode, PermissionMode.all, "permission_mode")
        try Self.among(background, Background.all, "background")
        try Self.among(onLimit, OnLimit.all, "on_limit")
        try Self.within(queueTTLS, 1...Limits.choiceSeconds.upperBound, "queue_ttl_s")
        try Self.within(graceS, 0...86_400, "grace_s")
        try Self.within(timeoutS, Limits.choiceSeconds, "timeout_s")
        try Self.within(idleTimeoutS, Limits.choiceSeconds, "idle_timeout_s")
    }

    private static func among<S: OpenSet>(_ value: S?, _ all: [S], _ name: String) throws {
        guard let value, !all.contains(value) else { return }
        let names = all.map(\.rawValue).joined(separator: ", ")
        throw Fault(.invalidRequest, "'\(name)' must be one of \(names); '\(value.rawValue.prefix(40))' is not")
    }

    private static func within(_ value: Double?, _ range: ClosedRange<Double>, _ name: String) throws {
        // NaN is in no range.
        guard let value, !range.contains(value) else { return }
        throw Fault(
            .invalidRequest,
            "'\(name)' must be \(Int(range.lowerBound)) to \(Int(range.upperBound)) seconds")
    }
}

/// A task's rank among the tasks that wait for the same device. A task that has waited long enough is no longer
/// overtaken.
public struct Priority: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// After tasks of normal and high priority.
    public static let low = Priority(rawValue: "low")
    /// In the order of acceptance.
    public static let normal = Priority(rawValue: "normal")
    /// Before tasks of normal and low priority.
    public static let high = Priority(rawValue: "high")

    /// Every name that this version knows.
    public static let all: [Priority] = [.low, .normal, .high]
}

/// What happens to a task whose device is offline at submission.
public struct IfOffline: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The submission is refused with `device_offline`.
    public static let fail = IfOffline(rawValue: "fail")
    /// The task waits in the device's queue.
    public static let wait = IfOffline(rawValue: "wait")

    /// Every name that this version knows.
    public static let all: [IfOffline] = [.fail, .wait]
}

/// What happens to a running task whose device does not reconnect within the grace.
public struct OnDisconnect: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It fails with `device_disconnected`.
    public static let fail = OnDisconnect(rawValue: "fail")
    /// It waits without a limit and resumes where it was; its attempt has no lease.
    public static let wait = OnDisconnect(rawValue: "wait")
    /// It is requeued: a new attempt runs its prompt again.
    public static let requeue = OnDisconnect(rawValue: "requeue")

    /// Every name that this version knows.
    public static let all: [OnDisconnect] = [.fail, .wait, .requeue]
}

/// What happens to work that an agent leaves in the background at the end of its turn.
public struct Background: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The task runs until none is left, a time limit is over, or the conversation's next task waits.
    public static let wait = Background(rawValue: "wait")
    /// The task ends with the turn, and what is left is ended.
    public static let stop = Background(rawValue: "stop")

    /// Every name that this version knows.
    public static let all: [Background] = [.wait, .stop]
}

/// What happens to a task whose agent reports a usage limit.
public struct OnLimit: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It fails with `usage_limit`, and the error gives the time of the reset.
    public static let fail = OnLimit(rawValue: "fail")
    /// It waits without a slot, and its session continues after the reset.
    public static let wait = OnLimit(rawValue: "wait")

    /// Every name that this version knows.
    public static let all: [OnLimit] = [.fail, .wait]
}

/// What an agent may do without permission.
public struct PermissionMode: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Every use of a tool that needs permission is requested.
    public static let ask = PermissionMode(rawValue: "ask")
    /// Edits of files in the workspace are allowed; every other use of a tool that needs permission is requested.
    public static let acceptEdits = PermissionMode(rawValue: "accept-edits")
    /// It may read but not change anything.
    public static let plan = PermissionMode(rawValue: "plan")
    /// Everything is allowed; only on devices started with `--allow-bypass`.
    public static let bypass = PermissionMode(rawValue: "bypass")

    /// Every name that this version knows.
    public static let all: [PermissionMode] = [.ask, .acceptEdits, .plan, .bypass]
}
