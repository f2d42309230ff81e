import Messages

/// How a task ended.
struct TaskEnd: Sendable {
    var state: TaskState
    var error: Fault?

    /// Why it failed, in one line with its error code; nil when it did not fail.
    var reason: String? { error.map { "\(TerminalEscaping.line($0.message)) (\($0.code))" } }

    /// 0 completed, 1 failed, 130 cancelled.
    var exitCode: Int32 { state == .completed ? 0 : state == .cancelled ? 130 : 1 }
}
