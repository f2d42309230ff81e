/// The answer to ``Ping``.
public struct Pong: Message, Equatable {
    public static let type = "pong"
    /// The answering end's life.
    public var incarnation: Incarnation

    public init(incarnation: Incarnation) {
        self.incarnation = incarnation
    }
}
