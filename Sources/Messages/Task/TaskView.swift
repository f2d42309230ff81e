/// A task as its owner sees it, after commit.
public struct TaskView: Message, Equatable {
    public static let type = "task.view"
    /// The task's id.
    public var id: TaskID
    /// Its state.
    public var state: TaskState
    /// The target as it was submitted.
    public var target: Target
    /// The device that it runs on, ran on or waits for; nil for a cloud task before its assignment.
    public var device: String?
    /// That device's name when it was last known.
    public var deviceName: String?
    /// Its conversation.
    public var conversation: ConversationID
    /// Its agent.
    public var agent: String
    /// The prompt; lists carry the first 200 characters.
    public var prompt: String
    /// The working directory that it named.
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
    /// When its cancellation was requested.
    public var cancelRequestedAt: Timestamp?
    /// Every choice in force for it; `permission_mode` only where one was chosen.
    public var choices: Choices?
    /// The task that it retries.
    public var retryOf: TaskID?
    /// What it waits for while it runs, or `limit` while it is queued.
    public var waitingFor: WaitingFor?
    /// Details of that.
    public var waiting: Waiting?
    /// The size of the pseudo-terminal that its command gets; nil = none.
    public var terminal: TerminalSize?
    /// Whether standard output and standard error are read through two pipes; nil = false.
    public var splitOutput: Bool?

    public init(
        id: TaskID, state: TaskState, target: Target, device: String? = nil, deviceName: String? = nil,
        conversation: ConversationID, agent: String, prompt: String, cwd: String? = nil, attempt: UInt32,
        queuePosition: Int? = nil, reason: WaitReason? = nil, error: Fault? = nil, stalled: Stall? = nil,
        lastSeq: UInt64, createdAt: Timestamp, startedAt: Timestamp? = nil, endedAt: Timestamp? = nil,
        cancelRequestedAt: Timestamp? = nil, choices: Choices? = nil, retryOf: TaskID? = nil,
        waitingFor: WaitingFor? = nil, waiting: Waiting? = nil, terminal: TerminalSize? = nil, splitOutput: Bool? = nil
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
        self.waiting = waiting
        self.terminal = terminal
        self.splitOutput = splitOutput
    }

    enum CodingKeys: String, CodingKey {
        case id, state, target, agent, prompt, cwd, attempt, reason, error, stalled, choices, waiting, terminal
        case splitOutput = "split_output"
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

/// How a running task waits for a device that is away.
public struct Stall: Codable, Sendable, Equatable {
    /// When the device was last connected.
    public var since: Timestamp
    /// When the grace ends and the task fails; nil when it will not fail.
    public var failsAt: Timestamp?
    /// When the grace ends and the task is requeued; nil when it will not be.
    public var requeuesAt: Timestamp?
    public init(since: Timestamp, failsAt: Timestamp? = nil, requeuesAt: Timestamp? = nil) {
        self.since = since
        self.failsAt = failsAt
        self.requeuesAt = requeuesAt
    }
    enum CodingKeys: String, CodingKey {
        case since
        case failsAt = "fails_at"
        case requeuesAt = "requeues_at"
    }
}

/// Why a queued task waits.
public struct WaitReason: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Every slot of the device is in use.
    public static let deviceBusy = WaitReason(rawValue: "device_busy")
    /// Another task of the same conversation has not ended.
    public static let conversationBusy = WaitReason(rawValue: "conversation_busy")
    /// The device is not connected.
    public static let deviceOffline = WaitReason(rawValue: "device_offline")
    /// The device accepts no new work.
    public static let deviceDraining = WaitReason(rawValue: "device_draining")
    /// No executor of the cloud pool is connected.
    public static let noCloudExecutor = WaitReason(rawValue: "no_cloud_executor")
    /// The agent's usage limit is not reset yet.
    public static let usageLimit = WaitReason(rawValue: "usage_limit")

    /// Every reason that this version knows.
    public static let all: [WaitReason] = [
        .deviceBusy, .conversationBusy, .deviceOffline, .deviceDraining, .noCloudExecutor,
        .usageLimit,
    ]
}

/// What a task waits for.
public struct WaitingFor: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A person's decision about a permission request of its agent.
    public static let approval = WaitingFor(rawValue: "approval")
    /// Work that its agent has left in the background; the turn itself has ended.
    public static let background = WaitingFor(rawValue: "background")
    /// The reset of the agent's usage limit; the task is queued and holds no slot.
    public static let limit = WaitingFor(rawValue: "limit")

    /// Every name that this version knows.
    public static let all: [WaitingFor] = [.approval, .background, .limit]
}

/// Details of what a task waits for.
public struct Waiting: Codable, Sendable, Equatable {
    /// When it began to wait.
    public var since: Timestamp
    /// When it continues by itself; nil = not at a known time.
    public var until: Timestamp?
    /// For people, in at most 500 characters, such as `a background command: npm run dev`; nil = nothing to add.
    public var what: String?

    public init(since: Timestamp, until: Timestamp? = nil, what: String? = nil) {
        self.since = since
        self.until = until
        self.what = what
    }

    enum CodingKeys: String, CodingKey { case since, until, what }
}
