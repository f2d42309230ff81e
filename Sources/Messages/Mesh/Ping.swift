/// Checks whether the other end is alive; sent every second by the dialling end. Each end takes the other for dead
/// after 4 s of silence. A reply from another incarnation means a restart.
public struct Ping: Request, Equatable {
    public typealias Reply = Pong
    public static let type = "ping"
    /// The sender's incarnation.
    public var incarnation: Incarnation

    public init(incarnation: Incarnation) {
        self.incarnation = incarnation
    }
}

/// The reply to ``Ping``.
public struct Pong: Message, Equatable {
    public static let type = "pong"
    /// The sender's incarnation.
    public var incarnation: Incarnation

    public init(incarnation: Incarnation) {
        self.incarnation = incarnation
    }
}
