/// Streams a task's events from a cursor: the stored ones, then live ones, without a gap or a duplicate between the
/// two. The stream ends after the terminal event. An idle stream sends an empty batch every second.
public struct EventsSubscribe: Subscribe, Equatable {
    public typealias Item = EventBatch
    public static let type = "events.subscribe"
    /// The owner.
    public var owner: UserID
    /// The task.
    public var task: TaskID
    /// Only events with a higher seq; 0 = from the first. A value beyond the task's last event is `invalid_request`.
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
