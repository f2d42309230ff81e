/// A running task whose device is away.
public struct Stall: Codable, Sendable, Equatable {
    /// When the device was last connected.
    public var since: Timestamp
    /// When the grace ends and the task fails.
    public var failsAt: Timestamp
    public init(since: Timestamp, failsAt: Timestamp) {
        self.since = since
        self.failsAt = failsAt
    }
    enum CodingKeys: String, CodingKey {
        case since
        case failsAt = "fails_at"
    }
}
