/// The answer to ``TaskList``.
public struct TaskListing: Message, Equatable {
    public static let type = "task.listing"
    /// Newest first.
    public var tasks: [TaskView]
    /// Where the next page begins; nil = this was the last one.
    public var next: TaskID?
    /// How many tasks match on all pages.
    public var total: Int

    public init(tasks: [TaskView] = [], next: TaskID? = nil, total: Int) {
        self.tasks = tasks
        self.next = next
        self.total = total
    }
}
