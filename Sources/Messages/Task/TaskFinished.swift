/// Reports how an attempt ended. It takes the attempt_seq after the last event, and is acknowledged, repeated and
/// requested again like an event.
public struct TaskFinished: Message, Equatable {
    public static let type = "task.finished"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The last event's attempt_seq + 1.
    public var attemptSeq: UInt64
    /// `completed`, `failed` or `cancelled`.
    public var state: TaskState
    /// Why, when failed.
    public var error: Fault?
    /// The process's exit status, where it had one.
    public var exitCode: Int32?
    /// When the agent ended, by the device's clock.
    public var endedAt: Timestamp
    /// With the error `usage_limit`: when the limit is reset; nil = unknown.
    public var retryAt: Timestamp?

    public init(
        task: TaskID, attempt: UInt32, attemptSeq: UInt64, state: TaskState, error: Fault? = nil,
        exitCode: Int32? = nil, endedAt: Timestamp, retryAt: Timestamp? = nil
    ) {
        self.task = task
        self.attempt = attempt
        self.attemptSeq = attemptSeq
        self.state = state
        self.error = error
        self.exitCode = exitCode
        self.endedAt = endedAt
        self.retryAt = retryAt
    }

    enum CodingKeys: String, CodingKey {
        case attempt, state, error
        case task = "task_id"
        case attemptSeq = "attempt_seq"
        case exitCode = "exit_code"
        case endedAt = "ended_at"
        case retryAt = "retry_at"
    }
}
