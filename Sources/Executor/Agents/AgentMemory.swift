import Messages

/// What an agent's session of a conversation knows.
struct AgentMemory: Equatable, Sendable {
    /// The last task whose turn it knows; nil = it knows none.
    var last: TaskID?

    /// Whether the agent would not know everything that a task builds on, so that the history is to be asked for.
    /// - Parameter follows: the last task of the conversation that any agent ran before this one; nil = none.
    func lacks(_ follows: TaskID?, for task: TaskID) -> Bool {
        guard let follows else { return false }
        // Of an earlier attempt of the same task it knows that and what was before.
        return last != follows && last != task
    }
}

/// The session of a conversation is gone, so that its agent knows nothing of it any more.
struct SessionGone: Error {}
