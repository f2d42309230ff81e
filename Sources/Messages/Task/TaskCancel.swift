/// Cancels a task. The reply comes once the request is stored; the task is `cancelled` when the executor has confirmed
/// it. Without effect on an ended task.
public struct TaskCancel: Request, Equatable {
    public typealias Reply = TaskView
    public static let type = "task.cancel"
    /// The owner.
    public var owner: UserID
    /// The task.
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
