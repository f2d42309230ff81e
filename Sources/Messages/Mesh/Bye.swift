/// Announces that the sender will not reply any more on this connection: it closes, or it has not received ``Hello``
/// from the other end in this incarnation. A dialling end reconnects with a new socket.
public struct Bye: Message, Equatable {
    public static let type = "bye"
    /// The sender's incarnation.
    public var incarnation: Incarnation
    /// Why, for the log of the other end; one sentence without a full stop.
    public var reason: String

    public init(incarnation: Incarnation, reason: String) {
        self.incarnation = incarnation
        self.reason = reason
    }
}
