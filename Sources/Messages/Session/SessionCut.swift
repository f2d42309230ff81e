/// The registry tells a gateway to end an executor's session. Without effect on one that it does not have (any more).
public struct SessionCut: Message, Equatable {
    public static let type = "session.cut"
    /// The gateway's number for it.
    public var session: SessionNumber
    /// Why.
    public var cause: CutCause

    public init(session: SessionNumber, cause: CutCause) {
        self.session = session
        self.cause = cause
    }
}
