/// An executor will not run an attempt. `slots_full` and `draining` put the task back at the head of its queue
/// until the next slot report; anything else fails it.
public struct TaskRejected: Message, Equatable {
    public static let type = "task.rejected"
    /// Which task.
    public var task: TaskID
    /// Which attempt.
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
