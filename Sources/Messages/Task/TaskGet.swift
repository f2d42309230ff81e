/// Returns one task. `task_not_found` when the owner has none of this id.
public struct TaskGet: Request, Equatable {
    public typealias Reply = TaskView
    public static let type = "task.get"
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
