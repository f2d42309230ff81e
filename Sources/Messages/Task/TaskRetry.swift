/// A person wants an ended task done again: a new task with its prompt, agent, directory, conversation and choices,
/// on the device that it ran on (or was meant for). `task_not_found`; `conflict` while the old one has not ended.
/// Safe to repeat, as ``TaskSubmit``.
public struct TaskRetry: Request, Equatable {
    public typealias Reply = TaskView
    public static let type = "task.retry"
    /// The new task's id, minted by the gateway.
    public var task: TaskID
    /// Whose.
    public var owner: UserID
    /// Which task is done again.
    public var of: TaskID
    /// 1 to 200 characters, unique per owner for 24 h.
    public var idempotencyKey: String?
    /// SHA-256 of what was asked, in hex; the same key with another digest is `idempotency_mismatch`.
    public var digest: String?

    public init(task: TaskID, owner: UserID, of: TaskID, idempotencyKey: String? = nil, digest: String? = nil) {
        self.task = task
        self.owner = owner
        self.of = of
        self.idempotencyKey = idempotencyKey
        self.digest = digest
    }

    enum CodingKeys: String, CodingKey {
        case owner, of, digest
        case task = "task_id"
        case idempotencyKey = "idempotency_key"
    }
}
