/// The sender will not answer any more on this connection: it closes, or it does not know the other end (which
/// has not said ``Hello`` to this life). A dialling end starts afresh with a new socket.
public struct Bye: Message, Equatable {
    public static let type = "bye"
    /// The sender's life.
    public var incarnation: Incarnation
    /// Why, for the log of the other end; one sentence without a full stop.
    public var reason: String

    public init(incarnation: Incarnation, reason: String) {
        self.incarnation = incarnation
        self.reason = reason
    }
}
