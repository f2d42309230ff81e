/// The registry asks a gateway whether an executor's session is alive: the gateway pings it and waits for the pong
/// that carries the same random bytes. Asked when another machine registers the same device.
public struct SessionProbe: Request, Equatable {
    public typealias Reply = SessionProbed
    public static let type = "session.probe"
    /// The gateway's number for it.
    public var session: SessionNumber

    public init(session: SessionNumber) {
        self.session = session
    }
}
