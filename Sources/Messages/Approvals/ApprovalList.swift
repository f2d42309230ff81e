/// Asks for an owner's permission requests, newest first.
public struct ApprovalList: Request, Equatable {
    public typealias Reply = ApprovalListing
    public static let type = "approval.list"
    /// Whose.
    public var owner: UserID
    /// How many at most, 1 to 200.
    public var limit: Int
    /// Only older ones: the `next` of the page before.
    public var before: ApprovalID?
    /// Only those in these states; empty = all.
    public var states: [ApprovalState]
    /// Only those of this task.
    public var task: TaskID?

    public init(
        owner: UserID, limit: Int, before: ApprovalID? = nil, states: [ApprovalState] = [], task: TaskID? = nil
    ) {
        self.owner = owner
        self.limit = limit
        self.before = before
        self.states = states
        self.task = task
    }

    enum CodingKeys: String, CodingKey {
        case owner, limit, before, states
        case task = "task_id"
    }
}
