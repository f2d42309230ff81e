/// One try to run a task on one executor; numbers start at 1 and grow per task.
public struct AttemptID: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The task.
    public var task: TaskID
    /// From 1.
    public var attempt: UInt32
    public init(task: TaskID, attempt: UInt32) {
        self.task = task
        self.attempt = attempt
    }
    public var description: String { "\(task)/\(attempt)" }
    enum CodingKeys: String, CodingKey {
        case task = "task_id"
        case attempt
    }
}

/// An attempt in an executor's report.
public struct AttemptReport: Codable, Sendable, Equatable {
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The last event that the attempt has produced; 0 = none yet.
    public var lastSeq: UInt64
    /// Whether the agent has ended, so that only events are left to send.
    public var ended: Bool
    public init(task: TaskID, attempt: UInt32, lastSeq: UInt64, ended: Bool) {
        self.task = task
        self.attempt = attempt
        self.lastSeq = lastSeq
        self.ended = ended
    }
    /// The attempt's id.
    public var id: AttemptID { AttemptID(task: task, attempt: attempt) }
    enum CodingKeys: String, CodingKey {
        case attempt, ended
        case task = "task_id"
        case lastSeq = "last_seq"
    }
}
