/// Where a task is in its life. The first terminal state wins, for ever.
public struct TaskState: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Waits for a slot; `reason` says what for.
    public static let queued = TaskState(rawValue: "queued")
    /// A slot is taken and the device has been told.
    public static let assigned = TaskState(rawValue: "assigned")
    /// The device has said that the agent runs.
    public static let running = TaskState(rawValue: "running")
    /// The agent ended its turn well.
    public static let completed = TaskState(rawValue: "completed")
    /// It ended with an error, which the task carries.
    public static let failed = TaskState(rawValue: "failed")
    /// A person ended it.
    public static let cancelled = TaskState(rawValue: "cancelled")

    /// Every state that this version knows.
    public static let all: [TaskState] = [.queued, .assigned, .running, .completed, .failed, .cancelled]

    /// Whether nothing follows.
    public var isTerminal: Bool { self == .completed || self == .failed || self == .cancelled }
}
