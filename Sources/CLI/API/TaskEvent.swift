import Messages

/// An event of a task, as pages and streams carry it.
struct TaskEvent: Codable, Equatable, Sendable {
    /// From 1 per task, without gaps.
    var seq: UInt64
    /// A name of ``EventKind``, or one from the future.
    var kind: String
    var time: Timestamp
    /// In the Agent Client Protocol's shape for the kind.
    var data: JSONValue

    /// The state that a `state` event tells; nil for other kinds.
    var state: TaskState? {
        guard kind == EventKind.state.description else { return nil }
        return data["state"]?.string.map(TaskState.init(rawValue:))
    }

    /// Whether it is the task's last one.
    var isLast: Bool { state?.isTerminal == true }

    /// What a failed task's last event says.
    var error: Fault? {
        guard let error = data["error"], let code = error["code"]?.string else { return nil }
        return Fault(ErrorCode(rawValue: code), error["message"]?.string ?? code)
    }
}

/// A page of them.
struct EventsPage: Decodable, Sendable {
    var items: [TaskEvent]
    /// What to pass as `after` next; nil only behind the last event of all.
    var next: UInt64?
}
