/// The state of a task. The first terminal state is final.
public struct TaskState: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Waits for a slot; `reason` gives the cause.
    public static let queued = TaskState(rawValue: "queued")
    /// It holds a slot and its assignment was sent to the device.
    public static let assigned = TaskState(rawValue: "assigned")
    /// The device has reported that the agent runs.
    public static let running = TaskState(rawValue: "running")
    /// The agent ended its turn without an error.
    public static let completed = TaskState(rawValue: "completed")
    /// It ended with an error, which is in `error`.
    public static let failed = TaskState(rawValue: "failed")
    /// A person cancelled it.
    public static let cancelled = TaskState(rawValue: "cancelled")

    /// Every state that this version knows.
    public static let all: [TaskState] = [.queued, .assigned, .running, .completed, .failed, .cancelled]

    /// Whether no other state follows.
    public var isTerminal: Bool { self == .completed || self == .failed || self == .cancelled }
}
