/// Why the registry ends an executor's session.
public struct CutCause: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A newer session of the same device has taken over.
    public static let replaced = CutCause(rawValue: "replaced")
    /// The device was deleted; an executor that still runs registers it anew.
    public static let deleted = CutCause(rawValue: "deleted")

    /// Every cause that this version knows.
    public static let all: [CutCause] = [.replaced, .deleted]
}
