import Messages

/// A conversation as its owner sees it; fields without a value are `null`.
struct ConversationJSON: Encodable {
    var conversation: ConversationView

    init(_ conversation: ConversationView) { self.conversation = conversation }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(conversation.id, forKey: .id)
        try container.encode(conversation.title, forKey: .title)
        try container.encode(conversation.createdAt, forKey: .createdAt)
        try container.encode(conversation.updatedAt, forKey: .updatedAt)
        try container.encode(conversation.tasks, forKey: .tasks)
        try container.encode(conversation.lastTask, forKey: .lastTask)
        try container.encode(conversation.state, forKey: .state)
        try container.encode(conversation.device, forKey: .device)
        try container.encode(conversation.deviceName, forKey: .deviceName)
    }

    private enum Key: String, CodingKey {
        case id, title, tasks, state
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case lastTask = "last_task_id"
        case device = "device_id"
        case deviceName = "device_name"
    }
}
