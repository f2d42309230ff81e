/// How far an attempt's events are on disk.
public struct AttemptAck: Codable, Sendable, Equatable {
    public var task: TaskID
    public var attempt: UInt32
    /// The last committed attempt_seq; everything up to it is on disk.
    public var seq: UInt64
    public init(task: TaskID, attempt: UInt32, seq: UInt64) {
        self.task = task
        self.attempt = attempt
        self.seq = seq
    }
    enum CodingKeys: String, CodingKey {
        case attempt, seq
        case task = "task_id"
    }
}
