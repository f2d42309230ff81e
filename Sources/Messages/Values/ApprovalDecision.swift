/// What a person says to a permission request.
public struct ApprovalDecision: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The tool may be used.
    public static let allow = ApprovalDecision(rawValue: "allow")
    /// It may not.
    public static let deny = ApprovalDecision(rawValue: "deny")

    /// Every name that this version knows.
    public static let all: [ApprovalDecision] = [.allow, .deny]
}
