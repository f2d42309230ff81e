/// An executor has been given an attempt of a conversation of which its agent does not know everything: it came
/// from another machine, or what was kept here is gone. The leader sends the assign again, with `history`.
public struct HistoryWanted: Message, Equatable {
    public static let type = "history.wanted"
    /// Which task.
    public var task: TaskID
    /// Which attempt of it.
    public var attempt: UInt32
    /// The last task that the agent here knows; nil = it knows none.
    public var after: TaskID?

    public init(task: TaskID, attempt: UInt32, after: TaskID? = nil) {
        self.task = task
        self.attempt = attempt
        self.after = after
    }

    enum CodingKeys: String, CodingKey {
        case attempt, after
        case task = "task_id"
    }
}
