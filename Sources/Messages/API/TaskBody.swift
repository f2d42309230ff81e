/// A task over HTTP: the fields of ``TaskView`` with the task's choices flat beside them. Fields without a value are
/// written as `null`; a reader ignores fields that it does not know.
public struct TaskBody: Codable, Sendable, Equatable {
    /// The task with its choices.
    public var view: TaskView

    public init(_ view: TaskView) { self.view = view }

    public init(from decoder: any Decoder) throws {
        view = try TaskView(from: decoder)
        view.choices = try Choices(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: TaskView.CodingKeys.self)
        try container.encode(view.id, forKey: .id)
        try container.encode(view.state, forKey: .state)
        try container.encode(view.target, forKey: .target)
        try container.encode(view.device, forKey: .device)
        try container.encode(view.deviceName, forKey: .deviceName)
        try container.encode(view.conversation, forKey: .conversation)
        try container.encode(view.agent, forKey: .agent)
        try container.encode(view.prompt, forKey: .prompt)
        try container.encode(view.cwd, forKey: .cwd)
        try container.encode(view.attempt, forKey: .attempt)
        try container.encode(view.queuePosition, forKey: .queuePosition)
        try container.encode(view.reason, forKey: .reason)
        try container.encode(view.error, forKey: .error)
        try container.encode(view.stalled.map(StallBody.init), forKey: .stalled)
        try container.encode(view.waitingFor, forKey: .waitingFor)
        try container.encode(view.waiting.map(WaitingBody.init), forKey: .waiting)
        try container.encode(view.terminal, forKey: .terminal)
        try container.encode(view.splitOutput ?? false, forKey: .splitOutput)
        try container.encode(view.lastSeq, forKey: .lastSeq)
        try container.encode(view.createdAt, forKey: .createdAt)
        try container.encode(view.startedAt, forKey: .startedAt)
        try container.encode(view.endedAt, forKey: .endedAt)
        try container.encode(view.cancelRequestedAt, forKey: .cancelRequestedAt)
        try container.encode(view.retryOf, forKey: .retryOf)
        try ChoicesBody(view.choices ?? Choices()).encode(to: encoder)
    }
}

/// A ``Waiting`` with `null` for each field without a value.
private struct WaitingBody: Encodable {
    var waiting: Waiting

    init(_ waiting: Waiting) { self.waiting = waiting }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Waiting.CodingKeys.self)
        try container.encode(waiting.since, forKey: .since)
        try container.encode(waiting.until, forKey: .until)
        try container.encode(waiting.what, forKey: .what)
    }
}

/// A ``Stall`` with `null` for each field without a value.
private struct StallBody: Encodable {
    var stall: Stall

    init(_ stall: Stall) { self.stall = stall }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Stall.CodingKeys.self)
        try container.encode(stall.since, forKey: .since)
        try container.encode(stall.failsAt, forKey: .failsAt)
        try container.encode(stall.requeuesAt, forKey: .requeuesAt)
    }
}
