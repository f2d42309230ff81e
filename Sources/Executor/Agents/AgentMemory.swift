import Messages

/// What an agent's session of a conversation knows.
struct AgentMemory: Equatable, Sendable {
    /// The last task that it knows the turn of; nil = none.
    var last: TaskID?

    /// Whether the agent lacks something that a task builds on, so that the history must be asked for.
    /// - Parameter follows: the last task of the conversation that any agent ran before this one; nil = none.
    func lacks(_ follows: TaskID?, for task: TaskID) -> Bool {
        guard let follows else { return false }
        // After an earlier attempt of the same task the agent knows that attempt and everything before it.
        return last != follows && last != task
    }
}

/// The session of a conversation is gone; its agent knows nothing of it any more.
struct SessionGone: Error {
    /// The last task that the session was thought to know; nil = none.
    var known: TaskID?
}
