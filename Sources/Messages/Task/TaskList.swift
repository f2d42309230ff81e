/// Lists an owner's tasks, newest first.
public struct TaskList: Request, Equatable {
    public typealias Reply = TaskListing
    public static let type = "task.list"
    /// The owner.
    public var owner: UserID
    /// The most items of a page, 1 to 200.
    public var limit: Int
    /// Only tasks older than this one: the `next` of the page before.
    public var before: TaskID?
    /// Only tasks in these states; empty = all.
    public var states: [TaskState]
    /// Only tasks of this device.
    public var device: String?
    /// Only tasks of this conversation.
    public var conversation: ConversationID?

    public init(
        owner: UserID, limit: Int, before: TaskID? = nil, states: [TaskState] = [], device: String? = nil,
        conversation: ConversationID? = nil
    ) {
        self.owner = owner
        self.limit = limit
        self.before = before
        self.states = states
        self.device = device
        self.conversation = conversation
    }

    enum CodingKeys: String, CodingKey {
        case owner, limit, before, states
        case device = "device_id"
        case conversation = "conversation_id"
    }
}

/// The reply to ``TaskList``.
public struct TaskListing: Message, Equatable {
    public static let type = "task.listing"
    /// Newest first.
    public var tasks: [TaskView]
    /// Where the next page begins; nil = this is the last page.
    public var next: TaskID?
    /// How many tasks match on all pages.
    public var total: Int

    public init(tasks: [TaskView] = [], next: TaskID? = nil, total: Int) {
        self.tasks = tasks
        self.next = next
        self.total = total
    }
}
