/// Assigns an attempt to a device's session. The leader repeats it every 2 s and in each new session until it receives
/// ``TaskStarted``, ``TaskRejected`` or events. The executor never starts one attempt twice.
public struct TaskAssign: Message, Equatable {
    public static let type = "task.assign"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The leader's epoch; the executor refuses a stale one.
    public var epoch: UInt64
    /// The lease: after this many seconds without a message from a leader the executor ends the attempt; 0 = no lease.
    public var leaseS: Double
    /// The conversation: its agent session is resumed and its workspace is used.
    public var conversation: ConversationID
    /// The agent's name.
    public var agent: String
    /// The prompt.
    public var prompt: String
    /// The working directory in place of the conversation's workspace; the executor checks it against its allowed
    /// directories.
    public var cwd: String?
    /// The trace id of the request that created the task, 32 hexadecimal digits.
    public var trace: String?
    /// What the agent may do without permission; nil = the device's own mode. A mode that the device does not allow is
    /// rejected with `permission_mode_not_allowed`.
    public var permissionMode: PermissionMode?
    /// What happens to work in the background at the end of the turn; nil = the device's own setting.
    public var background: Background?
    /// The size of the pseudo-terminal that the agent's command gets; nil = none.
    public var terminal: TerminalSize?
    /// Whether standard output and standard error are read through two pipes; nil = false.
    public var splitOutput: Bool?
    /// Whether this attempt continues after a usage limit: an agent whose session knows the task is told to continue, and
    /// does not get the prompt again; nil = false.
    public var resumes: Bool?
    /// The conversation's latest task whose agent ran; nil = none. An executor whose agent lacks that turn replies with
    /// ``HistoryWanted``.
    public var follows: TaskID?
    /// The turns that the agent lacks, oldest first, at most ``Limits/history``; present only after ``HistoryWanted``.
    public var history: [HistoryItem]?
    /// How many earlier turns `history` omits for lack of room.
    public var historyLeftOut: Int?

    public init(
        task: TaskID, attempt: UInt32, epoch: UInt64, leaseS: Double, conversation: ConversationID, agent: String,
        prompt: String, cwd: String? = nil, trace: String? = nil, permissionMode: PermissionMode? = nil,
        background: Background? = nil, terminal: TerminalSize? = nil, splitOutput: Bool? = nil, resumes: Bool? = nil,
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
        self.background = background
        self.terminal = terminal
        self.splitOutput = splitOutput
        self.resumes = resumes
        self.follows = follows
        self.history = history
        self.historyLeftOut = historyLeftOut
    }

    enum CodingKeys: String, CodingKey {
        case attempt, epoch, agent, prompt, cwd, trace, background, terminal, resumes, follows, history
        case splitOutput = "split_output"
        case task = "task_id"
        case leaseS = "lease_s"
        case conversation = "conversation_id"
        case permissionMode = "permission_mode"
        case historyLeftOut = "history_left_out"
    }
}

/// An earlier turn of a conversation, for an agent that lacks it.
public struct HistoryItem: Codable, Sendable, Equatable {
    /// The task of the turn.
    public var task: TaskID
    /// The turn's prompt.
    public var prompt: String
    /// The agent's answer: its message chunks, joined; empty when it wrote none.
    public var answer: String
    /// How the task ended.
    public var state: TaskState
    /// Whether the beginning of the prompt or the answer was cut for lack of room.
    public var cut: Bool

    public init(task: TaskID, prompt: String, answer: String, state: TaskState, cut: Bool = false) {
        self.task = task
        self.prompt = prompt
        self.answer = answer
        self.state = state
        self.cut = cut
    }

    enum CodingKeys: String, CodingKey {
        case prompt, answer, state, cut
        case task = "task_id"
    }
}

/// Asks the leader for a conversation's history: the executor's agent lacks earlier turns, which ran on another machine
/// or were lost here. The leader repeats the assignment with `history`.
public struct HistoryWanted: Message, Equatable {
    public static let type = "history.wanted"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The last task in the agent's memory; nil = it has none.
    public var after: TaskID?

    public init(task: TaskID, attempt: UInt32, after: TaskID? = nil) {
        self.task = task
        self.attempt = attempt
        self.after = after
    }

    enum CodingKeys: String, CodingKey {
        case attempt, after
        case task = "task_id"
    }
}

/// Reports that an attempt's agent runs; sent by the executor.
public struct TaskStarted: Message, Equatable {
    public static let type = "task.started"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// When the process started, by the device's clock.
    public var startedAt: Timestamp
    /// The directory it runs in.
    public var workspace: String?

    public init(task: TaskID, attempt: UInt32, startedAt: Timestamp, workspace: String? = nil) {
        self.task = task
        self.attempt = attempt
        self.startedAt = startedAt
        self.workspace = workspace
    }

    enum CodingKeys: String, CodingKey {
        case attempt, workspace
        case task = "task_id"
        case startedAt = "started_at"
    }
}

/// Rejects an attempt; sent by the executor. `slots_full` and `draining` return the task to its old position in the
/// queue, and the device gets no task before its next report; any other code fails it.
public struct TaskRejected: Message, Equatable {
    public static let type = "task.rejected"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// Why.
    public var fault: Fault

    public init(task: TaskID, attempt: UInt32, fault: Fault) {
        self.task = task
        self.attempt = attempt
        self.fault = fault
    }

    enum CodingKeys: String, CodingKey {
        case attempt, fault
        case task = "task_id"
    }
}
