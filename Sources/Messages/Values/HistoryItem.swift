/// An earlier turn of a conversation, as it is handed to an agent that does not know it.
public struct HistoryItem: Codable, Sendable, Equatable {
    /// The task that was the turn.
    public var task: TaskID
    /// What was asked.
    public var prompt: String
    /// What the agent answered: its message chunks, put together; empty when it said nothing.
    public var answer: String
    /// How the task ended.
    public var state: TaskState
    /// Whether the beginning of either was left out for room.
    public var cut: Bool

    public init(task: TaskID, prompt: String, answer: String, state: TaskState, cut: Bool = false) {
        self.task = task
        self.prompt = prompt
        self.answer = answer
        self.state = state
        self.cut = cut
    }

    enum CodingKeys: String, CodingKey {
        case prompt, answer, state, cut
        case task = "task_id"
    }
}
