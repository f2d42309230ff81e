/// The leader got an attempt_seq that is not the next one; the executor sends again from `from`.
public struct EventsResync: Message, Equatable {
    public static let type = "events.resync"
    /// Which task.
    public var task: TaskID
    /// Which attempt.
    public var attempt: UInt32
    /// The attempt_seq that is expected next.
    public var from: UInt64

    public init(task: TaskID, attempt: UInt32, from: UInt64) {
        self.task = task
        self.attempt = attempt
        self.from = from
    }

    enum CodingKeys: String, CodingKey {
        case attempt, from
        case task = "task_id"
    }
}
