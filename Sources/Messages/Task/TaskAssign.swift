/// A leader gives a device's session an attempt to run; again every 2 s and at each new session until it is
/// answered with ``TaskStarted``, ``TaskRejected`` or events. The executor never spawns one attempt twice.
public struct TaskAssign: Message, Equatable {
    public static let type = "task.assign"
    /// Which task.
    public var task: TaskID
    /// Which attempt of it, from 1.
    public var attempt: UInt32
    /// The leader's epoch; a lower one than the executor has seen is refused.
    public var epoch: UInt64
    /// After this many seconds without hearing from a leader the executor ends the attempt by itself; 0 = never.
    public var leaseS: Double
    /// The conversation, whose agent session goes on and whose workspace is used.
    public var conversation: ConversationID
    /// Which agent.
    public var agent: String
    /// What to do.
    public var prompt: String
    /// Where, instead of the conversation's workspace; the executor checks it against its own list.
    public var cwd: String?
    /// The trace id of the request that made the task, 32 hexadecimal digits.
    public var trace: String?
    /// What the agent may do unasked; nil = as the device was started. One that the device does not allow is answered with
    /// `permission_mode_not_allowed`.
    public var permissionMode: PermissionMode?
    /// The task of the conversation whose agent ran last before this one; nil = none has. An executor whose agent does
    /// not know it asks with ``HistoryWanted``.
    public var follows: TaskID?
    /// What the agent there does not know of the conversation, oldest first, at most ``Limits/history``; only after
    /// ``HistoryWanted``, then always.
    public var history: [HistoryItem]?
    /// How many earlier turns are not in `history` for room.
    public var historyLeftOut: Int?

    public init(
        task: TaskID, attempt: UInt32, epoch: UInt64, leaseS: Double, conversation: ConversationID, agent: String,
        prompt: String, cwd: String? = nil, trace: String? = nil, permissionMode: PermissionMode? = nil,
        follows: TaskID? = nil, history: [HistoryItem]? = nil, historyLeftOut: Int? = nil
    ) {
        self.task = task
        self.attempt = attempt
        self.epoch = epoch
        self.leaseS = leaseS
        self.conversation = conversation
        self.agent = agent
        self.prompt = prompt
        self.cwd = cwd
        self.trace = trace
        self.permissionMode = permissionMode
        self.follows = follows
        self.history = history
        self.historyLeftOut = historyLeftOut
    }

    enum CodingKeys: String, CodingKey {
        case attempt, epoch, agent, prompt, cwd, trace, follows, history
        case task = "task_id"
        case leaseS = "lease_s"
        case conversation = "conversation_id"
        case permissionMode = "permission_mode"
        case historyLeftOut = "history_left_out"
    }
}
