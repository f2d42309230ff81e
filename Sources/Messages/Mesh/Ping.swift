/// Asks whether the other end is alive; sent every second by the dialling end. An end that has heard nothing
/// for 4 s is dead. An answer from another incarnation is a restart.
public struct Ping: Request, Equatable {
    public typealias Reply = Pong
    public static let type = "ping"
    /// The asking end's life.
    public var incarnation: Incarnation

    public init(incarnation: Incarnation) {
        self.incarnation = incarnation
    }
}
