import Messages

/// A task as its owner sees it; fields without a value are `null`.
struct TaskJSON: Encodable {
    var task: TaskView

    init(_ task: TaskView) { self.task = task }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(task.id, forKey: .id)
        try container.encode(task.state, forKey: .state)
        try container.encode(task.target, forKey: .target)
        try container.encode(task.device, forKey: .device)
        try container.encode(task.deviceName, forKey: .deviceName)
        try container.encode(task.conversation, forKey: .conversation)
        try container.encode(task.agent, forKey: .agent)
        try container.encode(task.prompt, forKey: .prompt)
        try container.encode(task.cwd, forKey: .cwd)
        try container.encode(task.attempt, forKey: .attempt)
        try container.encode(task.queuePosition, forKey: .queuePosition)
        try container.encode(task.reason, forKey: .reason)
        try container.encode(task.error, forKey: .error)
        try container.encode(task.stalled.map(StallJSON.init), forKey: .stalled)
        try container.encode(task.waitingFor, forKey: .waitingFor)
        try container.encode(task.lastSeq, forKey: .lastSeq)
        try container.encode(task.createdAt, forKey: .createdAt)
        try container.encode(task.startedAt, forKey: .startedAt)
        try container.encode(task.endedAt, forKey: .endedAt)
        try container.encode(task.cancelRequestedAt, forKey: .cancelRequestedAt)
        try container.encode(task.retryOf, forKey: .retryOf)
        try ChoicesJSON(task.choices ?? Choices()).encode(to: encoder)
    }

    private enum Key: String, CodingKey {
        case id, state, target, agent, prompt, cwd, attempt, reason, error, stalled
        case device = "device_id"
        case deviceName = "device_name"
        case conversation = "conversation_id"
        case queuePosition = "queue_position"
        case lastSeq = "last_seq"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case cancelRequestedAt = "cancel_requested_at"
        case retryOf = "retry_of"
        case waitingFor = "waiting_for"
    }

    private struct StallJSON: Encodable {
        var stall: Stall

        init(_ stall: Stall) { self.stall = stall }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(stall.since, forKey: .since)
            try container.encode(stall.failsAt, forKey: .failsAt)
            try container.encode(stall.requeuesAt, forKey: .requeuesAt)
        }

        private enum Key: String, CodingKey {
            case since
            case failsAt = "fails_at"
            case requeuesAt = "requeues_at"
        }
    }
}
