/// Checks whether an executor's session is alive; sent by the registry when another machine registers the same device.
/// The gateway pings the session and waits for the pong with the same random bytes.
public struct SessionProbe: Request, Equatable {
    public typealias Reply = SessionProbed
    public static let type = "session.probe"
    /// The gateway's number of the session.
    public var session: SessionNumber

    public init(session: SessionNumber) {
        self.session = session
    }
}

/// The reply to ``SessionProbe``.
public struct SessionProbed: Message, Equatable {
    public static let type = "session.probed"
    /// Whether the pong came in time; false also for a session that the gateway does not have.
    public var alive: Bool

    public init(alive: Bool) {
        self.alive = alive
    }
}
