/// The leader has committed an attempt's events up to a number; the executor forgets them.
public struct EventsAck: Message, Equatable {
    public static let type = "events.ack"
    /// One entry an attempt.
    public var acks: [AttemptAck]

    public init(acks: [AttemptAck] = []) {
        self.acks = acks
    }
}
