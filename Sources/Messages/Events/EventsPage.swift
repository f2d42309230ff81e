/// Returns a page of a task's events as an ``EventBatch``. `task_not_found` when the owner has none of this id.
public struct EventsPage: Request, Equatable {
    public typealias Reply = EventBatch
    public static let type = "events.page"
    /// The owner.
    public var owner: UserID
    /// The task.
    public var task: TaskID
    /// Only events with a higher seq; 0 = from the first. A value beyond the task's last event is `invalid_request`.
    public var after: UInt64
    /// The most events of a page, 1 to 10,000; the page also ends at 4 MiB.
    public var limit: Int

    public init(owner: UserID, task: TaskID, after: UInt64, limit: Int) {
        self.owner = owner
        self.task = task
        self.after = after
        self.limit = limit
    }

    enum CodingKeys: String, CodingKey {
        case owner, after, limit
        case task = "task_id"
    }
}
