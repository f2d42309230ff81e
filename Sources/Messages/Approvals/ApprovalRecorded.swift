/// A leader has a permission request on disk: the executor need not say it again in this session.
public struct ApprovalRecorded: Message, Equatable {
    public static let type = "approval.recorded"
    /// Which task.
    public var task: TaskID
    /// Which attempt of it.
    public var attempt: UInt32
    /// The agent's own name for the request, 1 to 200 characters; unique within the attempt.
    public var request: String

    public init(task: TaskID, attempt: UInt32, request: String) {
        self.task = task
        self.attempt = attempt
        self.request = request
    }

    enum CodingKeys: String, CodingKey {
        case attempt
        case task = "task_id"
        case request = "request_id"
    }
}
