/// Orders a gateway to close an executor's session; sent by the registry, and by the session's leader. Without effect when
/// the gateway does not have the session.
public struct SessionCut: Message, Equatable {
    public static let type = "session.cut"
    /// The gateway's number of the session.
    public var session: SessionNumber
    /// Why.
    public var cause: CutCause

    public init(session: SessionNumber, cause: CutCause) {
        self.session = session
        self.cause = cause
    }
}

/// Why an executor's session is ended.
public struct CutCause: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A newer session of the same device has taken over.
    public static let replaced = CutCause(rawValue: "replaced")
    /// The device was deleted; an executor that still runs registers it anew.
    public static let deleted = CutCause(rawValue: "deleted")

    /// The executor sends the leader more than its share: messages of unknown attempts, or events beyond its window.
    public static let flooding = CutCause(rawValue: "flooding")

    /// Every cause that this version knows.
    public static let all: [CutCause] = [.replaced, .deleted, .flooding]
}
