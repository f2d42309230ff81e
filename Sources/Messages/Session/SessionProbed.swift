/// The answer to ``SessionProbe``.
public struct SessionProbed: Message, Equatable {
    public static let type = "session.probed"
    /// Whether the pong came in time; false also for a session that the gateway does not have.
    public var alive: Bool

    public init(alive: Bool) {
        self.alive = alive
    }
}
