/// An executor has given an answer to its agent, or its agent does not wait for one (any more). What was not
/// decided is `abandoned`.
public struct ApprovalClosed: Message, Equatable {
    public static let type = "approval.closed"
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
