/// Asks for a page of a task's log, answered with an ``EventBatch``. `task_not_found` when the owner has none of
/// this id.
public struct EventsPage: Request, Equatable {
    public typealias Reply = EventBatch
    public static let type = "events.page"
    /// Whose.
    public var owner: UserID
    /// Which.
    public var task: TaskID
    /// Events with a higher seq than this; 0 = from the first. Beyond the last event there is: `invalid_request`.
    public var after: UInt64
    /// How many at most, 1 to 10,000; the page also ends at 4 MiB.
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
