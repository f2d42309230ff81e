/// What an agent may do without being asked.
public struct PermissionMode: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// What needs permission is asked for.
    public static let ask = PermissionMode(rawValue: "ask")
    /// Edits of files in the workspace are allowed; the rest is asked for.
    public static let acceptEdits = PermissionMode(rawValue: "accept-edits")
    /// It may look but not touch.
    public static let plan = PermissionMode(rawValue: "plan")
    /// Everything is allowed; only on devices that were started with `--allow-bypass`.
    public static let bypass = PermissionMode(rawValue: "bypass")

    /// Every name that this version knows.
    public static let all: [PermissionMode] = [.ask, .acceptEdits, .plan, .bypass]
}
