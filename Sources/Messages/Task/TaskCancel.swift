/// A person wants a task to end. Answered once the wish is stored; the task is `cancelled` when the executor has
/// confirmed it. Without effect on a task at its end.
public struct TaskCancel: Request, Equatable {
    public typealias Reply = TaskView
    public static let type = "task.cancel"
    /// Whose.
    public var owner: UserID
    /// Which.
    public var task: TaskID

    public init(owner: UserID, task: TaskID) {
        self.owner = owner
        self.task = task
    }

    enum CodingKeys: String, CodingKey {
        case owner
        case task = "task_id"
    }
}
