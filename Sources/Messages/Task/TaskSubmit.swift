/// A gateway hands in a task. The id exists before the first try, so that a retry is harmless: the same id (or
/// the same key with the same digest) answers with the task as it is.
public struct TaskSubmit: Request, Equatable {
    public typealias Reply = TaskView
    public static let type = "task.submit"
    /// The task's id, minted by the gateway.
    public var task: TaskID
    /// Whose.
    public var owner: UserID
    /// What to do; 1 byte to 1 MiB of UTF-8, not blank.
    public var prompt: String
    /// Where; `default` is resolved by the leader at once.
    public var target: Target
    /// Which agent; the gateway fills in `claude-code`.
    public var agent: String
    /// An absolute directory on the device; nil = the conversation's workspace.
    public var cwd: String?
    /// The conversation it goes on with; one that does not exist is made under this id. nil = a new one.
    public var conversation: ConversationID?
    /// 1 to 200 characters, unique per owner for 24 h.
    public var idempotencyKey: String?
    /// SHA-256 of what was asked, in hex; the same key with another digest is `idempotency_mismatch`.
    public var digest: String?
    /// What its owner chose for it; absent fields are left to the owner's defaults.
    public var choices: Choices?

    public init(
        task: TaskID, owner: UserID, prompt: String, target: Target, agent: String, cwd: String? = nil,
        conversation: ConversationID? = nil, idempotencyKey: String? = nil, digest: String? = nil,
        choices: Choices? = nil
    ) {
        self.task = task
        self.owner = owner
        self.prompt = prompt
        self.target = target
        self.agent = agent
        self.cwd = cwd
        self.conversation = conversation
        self.idempotencyKey = idempotencyKey
        self.digest = digest
        self.choices = choices
    }

    enum CodingKeys: String, CodingKey {
        case owner, prompt, target, agent, cwd, digest, choices
        case task = "task_id"
        case conversation = "conversation_id"
        case idempotencyKey = "idempotency_key"
    }
}
