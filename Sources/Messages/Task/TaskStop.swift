/// A leader that has loaded its partition ends an attempt: cancelled, replaced or unknown. Repeated until it is
/// answered with ``TaskFinished`` (or the attempt is gone from a ``DeviceReport``).
public struct TaskStop: Message, Equatable {
    public static let type = "task.stop"
    /// Which task.
    public var task: TaskID
    /// Which attempt.
    public var attempt: UInt32
    /// The leader's epoch.
    public var epoch: UInt64
    /// Seconds between the polite signal and the kill.
    public var graceS: Double
    /// Whether its events are of no interest any more: the executor drops what is not yet acked.
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
