/// Lists an owner's permission requests, newest first.
public struct ApprovalList: Request, Equatable {
    public typealias Reply = ApprovalListing
    public static let type = "approval.list"
    /// The owner.
    public var owner: UserID
    /// The most items of a page, 1 to 200.
    public var limit: Int
    /// Only requests older than this one: the `next` of the page before.
    public var before: ApprovalID?
    /// Only requests in these states; empty = all.
    public var states: [ApprovalState]
    /// Only requests of this task.
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

/// The reply to ``ApprovalList``.
public struct ApprovalListing: Message, Equatable {
    public static let type = "approval.listing"
    /// Newest first.
    public var approvals: [ApprovalView]
    /// Where the next page begins; nil = this is the last page.
    public var next: ApprovalID?
    /// How many match on all pages.
    public var total: Int

    public init(approvals: [ApprovalView] = [], next: ApprovalID? = nil, total: Int) {
        self.approvals = approvals
        self.next = next
        self.total = total
    }
}
