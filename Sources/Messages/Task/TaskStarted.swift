/// An executor says that an attempt's agent runs.
public struct TaskStarted: Message, Equatable {
    public static let type = "task.started"
    /// Which task.
    public var task: TaskID
    /// Which attempt.
    public var attempt: UInt32
    /// The device's clock when the process was there.
    public var startedAt: Timestamp
    /// The directory it runs in.
    public var workspace: String?

    public init(task: TaskID, attempt: UInt32, startedAt: Timestamp, workspace: String? = nil) {
        self.task = task
        self.attempt = attempt
        self.startedAt = startedAt
        self.workspace = workspace
    }

    enum CodingKeys: String, CodingKey {
        case attempt, workspace
        case task = "task_id"
        case startedAt = "started_at"
    }
}
