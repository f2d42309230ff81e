/// A conversation as its owner sees it.
public struct ConversationView: Message, Equatable {
    public static let type = "conversation.view"
    /// The conversation's id.
    public var id: ConversationID
    /// The title that was set, or the beginning of the first prompt.
    public var title: String
    /// When it was created.
    public var createdAt: Timestamp
    /// When its newest task was accepted.
    public var updatedAt: Timestamp
    /// How many tasks it has.
    public var tasks: Int
    /// Its newest task.
    public var lastTask: TaskID?
    /// That task's state.
    public var state: TaskState?
    /// The device of that task; nil = the cloud pool.
    public var device: String?
    /// That device's name.
    public var deviceName: String?

    public init(
        id: ConversationID, title: String, createdAt: Timestamp, updatedAt: Timestamp, tasks: Int,
        lastTask: TaskID? = nil, state: TaskState? = nil, device: String? = nil, deviceName: String? = nil
    ) {
        self.id = id
        self.title = title
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.tasks = tasks
        self.lastTask = lastTask
        self.state = state
        self.device = device
        self.deviceName = deviceName
    }

    enum CodingKeys: String, CodingKey {
        case id, title, tasks, state
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case lastTask = "last_task_id"
        case device = "device_id"
        case deviceName = "device_name"
    }
}
