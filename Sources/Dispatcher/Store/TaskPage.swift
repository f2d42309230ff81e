import Messages

/// A page of an owner's tasks, newest first.
struct TaskPage: Sendable {
    var records: [TaskRecord]
    /// Where the next page begins; nil = this was the last one.
    var next: TaskID?
    /// How many match on all pages.
    var total: Int
}
