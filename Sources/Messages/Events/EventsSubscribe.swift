/// Follows a task's events from a cursor: the log, then live, with no gap and no double between the two. Ends
/// after the terminal event. An idle stream repeats nothing but an empty batch every second.
public struct EventsSubscribe: Subscribe, Equatable {
    public typealias Item = EventBatch
    public static let type = "events.subscribe"
    /// Whose.
    public var owner: UserID
    /// Which.
    public var task: TaskID
    /// Events with a higher seq than this; 0 = from the first. Beyond the last event there is: `invalid_request`.
    public var after: UInt64

    public init(owner: UserID, task: TaskID, after: UInt64) {
        self.owner = owner
        self.task = task
        self.after = after
    }

    enum CodingKeys: String, CodingKey {
        case owner, after
        case task = "task_id"
    }
}
