/// Whether a permission request was answered, and how.
public struct ApprovalState: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The agent waits.
    public static let pending = ApprovalState(rawValue: "pending")
    /// A person has allowed it.
    public static let allowed = ApprovalState(rawValue: "allowed")
    /// A person has denied it.
    public static let denied = ApprovalState(rawValue: "denied")
    /// Nobody answered in time: it was denied.
    public static let expired = ApprovalState(rawValue: "expired")
    /// The agent does not wait any more: its attempt has ended, or the agent has changed its mind.
    public static let abandoned = ApprovalState(rawValue: "abandoned")

    /// Every name that this version knows.
    public static let all: [ApprovalState] = [.pending, .allowed, .denied, .expired, .abandoned]
}
