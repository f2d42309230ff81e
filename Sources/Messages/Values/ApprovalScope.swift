/// For how long an `allow` holds.
public struct ApprovalScope: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// For this request.
    public static let once = ApprovalScope(rawValue: "once")
    /// For this conversation on this device.
    public static let conversation = ApprovalScope(rawValue: "conversation")

    /// Every name that this version knows.
    public static let all: [ApprovalScope] = [.once, .conversation]
}
