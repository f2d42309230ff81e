/// A task as its owner sees it, after commit.
public struct TaskView: Message, Equatable {
    public static let type = "task.view"
    /// Which.
    public var id: TaskID
    /// Where it is in its life.
    public var state: TaskState
    /// Where it was meant to run, as it was said.
    public var target: Target
    /// Where it runs, ran or waits; nil for the cloud before an executor has it.
    public var device: String?
    /// That device's name when it was last known.
    public var deviceName: String?
    /// Its conversation.
    public var conversation: ConversationID
    /// Its agent.
    public var agent: String
    /// What it was asked; lists carry the first 200 characters.
    public var prompt: String
    /// The directory it named.
    public var cwd: String?
    /// The newest attempt; 0 = none yet.
    public var attempt: UInt32
    /// Its place in the queue from 1, when queued.
    public var queuePosition: Int?
    /// Why it waits, when queued.
    public var reason: WaitReason?
    /// Why it failed, when failed.
    public var error: Fault?
    /// Set while it runs on a device that is away.
    public var stalled: Stall?
    /// The newest event's seq.
    public var lastSeq: UInt64
    /// When it was accepted.
    public var createdAt: Timestamp
    /// When the newest attempt's agent started.
    public var startedAt: Timestamp?
    /// When it reached its terminal state.
    public var endedAt: Timestamp?
    /// When somebody asked to cancel it.
    public var cancelRequestedAt: Timestamp?
    /// The choices that hold for it, all of them; `permission_mode` only where one was chosen.
    public var choices: Choices?
    /// The task that it does again.
    public var retryOf: TaskID?
    /// What it waits for while it runs.
    public var waitingFor: WaitingFor?

    public init(
        id: TaskID, state: TaskState, target: Target, device: String? = nil, deviceName: String? = nil,
        conversation: ConversationID, agent: String, prompt: String, cwd: String? = nil, attempt: UInt32,
        queuePosition: Int? = nil, reason: WaitReason? = nil, error: Fault? = nil, stalled: Stall? = nil,
        lastSeq: UInt64, createdAt: Timestamp, startedAt: Timestamp? = nil, endedAt: Timestamp? = nil,
        cancelRequestedAt: Timestamp? = nil, choices: Choices? = nil, retryOf: TaskID? = nil,
        waitingFor: WaitingFor? = nil
    ) {
        self.id = id
        self.state = state
        self.target = target
        self.device = device
        self.deviceName = deviceName
        self.conversation = conversation
        self.agent = agent
        self.prompt = prompt
        self.cwd = cwd
        self.attempt = attempt
        self.queuePosition = queuePosition
        self.reason = reason
        self.error = error
        self.stalled = stalled
        self.lastSeq = lastSeq
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.cancelRequestedAt = cancelRequestedAt
        self.choices = choices
        self.retryOf = retryOf
        self.waitingFor = waitingFor
    }

    enum CodingKeys: String, CodingKey {
        case id, state, target, agent, prompt, cwd, attempt, reason, error, stalled, choices
        case device = "device_id"
        case deviceName = "device_name"
        case conversation = "conversation_id"
        case queuePosition = "queue_position"
        case lastSeq = "last_seq"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case cancelRequestedAt = "cancel_requested_at"
        case retryOf = "retry_of"
        case waitingFor = "waiting_for"
    }
}
