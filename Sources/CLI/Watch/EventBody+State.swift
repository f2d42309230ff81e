import Messages

extension EventBody {
    /// The state in a `state` event; nil for other kinds.
    var state: TaskState? {
        guard kind == EventKind.state.description else { return nil }
        return data["state"]?.string.map(TaskState.init(rawValue:))
    }

    /// Whether it is the task's last event.
    var isLast: Bool { state?.isTerminal == true }

    /// The error in the last event of a failed task.
    var error: Fault? {
        guard let error = data["error"], let code = error["code"]?.string else { return nil }
        return Fault(ErrorCode(rawValue: code), error["message"]?.string ?? code)
    }
}
