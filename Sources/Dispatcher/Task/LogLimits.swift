import Messages

/// How much tasks may write: the disk is shared by all owners.
struct LogLimits: Sendable, Equatable {
    /// Bytes of the events of one task on the wire; nil = no limit.
    let task: Int64?
    /// Bytes of all events of an owner; nil = no limit.
    let user: Int64?

    init(taskMB: Int, userMB: Int) {
        task = taskMB > 0 ? Int64(taskMB) << 20 : nil
        user = userMB > 0 ? Int64(userMB) << 20 : nil
    }

    /// Returns why a task may not write another event; nil = it may.
    /// - Parameters:
    ///   - bytes: Of the event.
    ///   - task: What the task has written.
    ///   - user: What all tasks of its owner have written.
    func complaint(_ bytes: Int, task written: Int64, user all: Int64) -> Fault? {
        if let task, written + Int64(bytes) > task {
            return Fault(
                .outputLimit,
                "the task wrote \(task >> 20) MiB of events, the most that this service takes (--task-log-mb), and was stopped; "
                    + "everything up to there is kept: let it write less, or to a file, and submit it again")
        }
        if let user, all + Int64(bytes) > user {
            return Fault(
                .outputLimit,
                "your tasks have \(user >> 20) MiB of events, the most that this service keeps for a user (--user-log-mb), and "
                    + "the task was stopped; delete old conversations and submit it again")
        }
        return nil
    }
}
