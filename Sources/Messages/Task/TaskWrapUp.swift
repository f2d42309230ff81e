/// Asks the executor to end the background work of an attempt whose turn has ended: the conversation's next task waits.
/// The leader repeats it every 2 s while the task waits for `background`. The attempt ends with the outcome of its turn.
public struct TaskWrapUp: Message, Equatable {
    public static let type = "task.wrap_up"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The leader's epoch; the executor refuses a stale one.
    public var epoch: UInt64

    public init(task: TaskID, attempt: UInt32, epoch: UInt64) {
        self.task = task
        self.attempt = attempt
        self.epoch = epoch
    }

    enum CodingKeys: String, CodingKey {
        case attempt, epoch
        case task = "task_id"
    }
}
