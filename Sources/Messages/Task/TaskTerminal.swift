/// Changes the size of a running task's pseudo-terminal. `conflict` when the task does not run, or has none. The last
/// change counts; a later attempt of the task begins with it.
public struct TaskTerminal: Request, Equatable {
    public typealias Reply = Done
    public static let type = "task.terminal"
    /// The owner.
    public var owner: UserID
    /// The task.
    public var task: TaskID
    /// The new size.
    public var terminal: TerminalSize

    public init(owner: UserID, task: TaskID, terminal: TerminalSize) {
        self.owner = owner
        self.task = task
        self.terminal = terminal
    }

    enum CodingKeys: String, CodingKey {
        case owner, terminal
        case task = "task_id"
    }
}

/// Carries the new size of an attempt's pseudo-terminal from the leader to the executor. It is not answered: one that is
/// lost is made good by the next.
public struct TaskResize: Message, Equatable {
    public static let type = "task.resize"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The leader's epoch; the executor refuses a stale one.
    public var epoch: UInt64
    /// The new size.
    public var terminal: TerminalSize

    public init(task: TaskID, attempt: UInt32, epoch: UInt64, terminal: TerminalSize) {
        self.task = task
        self.attempt = attempt
        self.epoch = epoch
        self.terminal = terminal
    }

    enum CodingKeys: String, CodingKey {
        case attempt, epoch, terminal
        case task = "task_id"
    }
}
