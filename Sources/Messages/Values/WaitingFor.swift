/// What a running task waits for.
public struct WaitingFor: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A person has to allow or deny what its agent wants to do.
    public static let approval = WaitingFor(rawValue: "approval")

    /// Every name that this version knows.
    public static let all: [WaitingFor] = [.approval]
}
