/// A running task whose device is away.
public struct Stall: Codable, Sendable, Equatable {
    /// When the device was last connected.
    public var since: Timestamp
    /// When the grace ends and the task fails; nil when it does not.
    public var failsAt: Timestamp?
    /// When the grace ends and the task goes back into the queue; nil when it does not.
    public var requeuesAt: Timestamp?
    public init(since: Timestamp, failsAt: Timestamp? = nil, requeuesAt: Timestamp? = nil) {
        self.since = since
        self.failsAt = failsAt
        self.requeuesAt = requeuesAt
    }
    enum CodingKeys: String, CodingKey {
        case since
        case failsAt = "fails_at"
        case requeuesAt = "requeues_at"
    }
}
