/// Ends an attempt that is cancelled, replaced or unknown; sent by a leader that has loaded its partition. The leader
/// repeats it until it receives ``TaskFinished`` (or a ``DeviceReport`` without the attempt).
public struct TaskStop: Message, Equatable {
    public static let type = "task.stop"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The leader's epoch.
    public var epoch: UInt64
    /// Seconds between SIGTERM and SIGKILL.
    public var graceS: Double
    /// Whether the executor drops the attempt's unacknowledged events.
    public var discard: Bool

    public init(task: TaskID, attempt: UInt32, epoch: UInt64, graceS: Double, discard: Bool) {
        self.task = task
        self.attempt = attempt
        self.epoch = epoch
        self.graceS = graceS
        self.discard = discard
    }

    enum CodingKeys: String, CodingKey {
        case attempt, epoch, discard
        case task = "task_id"
        case graceS = "grace_s"
    }
}
