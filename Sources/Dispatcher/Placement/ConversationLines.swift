import Messages

/// The tasks of each conversation that have not ended, in order of acceptance: only the first of them may run.
struct ConversationLines: Sendable, Equatable {
    private struct Entry: Sendable, Equatable {
        let ordinal: Int64
        let task: TaskID
    }

    private struct Line: Sendable, Equatable {
        let owner: UserID
        var tasks: [Entry] = []
    }

    private var lines: [ConversationID: Line] = [:]

    /// Returns the owner of a conversation that has tasks here.
    func owner(of conversation: ConversationID) -> UserID? { lines[conversation]?.owner }

    /// Returns whether another task of its conversation comes before `task`.
    func isBehind(_ task: TaskID, in conversation: ConversationID) -> Bool {
        lines[conversation]?.tasks.first.map { $0.task != task } ?? false
    }

    /// Returns the task that may run in a conversation.
    func first(in conversation: ConversationID) -> TaskID? { lines[conversation]?.tasks.first?.task }

    /// Returns whether a task waits behind the one that may run in a conversation.
    func hasNext(in conversation: ConversationID) -> Bool { lines[conversation].map { $0.tasks.count > 1 } ?? false }

    /// Adds a task to its conversation, at the place of its `ordinal`.
    mutating func join(_ task: TaskID, ordinal: Int64, conversation: ConversationID, owner: UserID) {
        let behind = lines[conversation]?.tasks.lastIndex { $0.ordinal < ordinal }
        lines[conversation, default: Line(owner: owner)].tasks.insert(
            Entry(ordinal: ordinal, task: task), at: behind.map { $0 + 1 } ?? 0)
    }

    /// Removes a task that has ended.
    /// - Returns: the task that is first now; nil when the first has not changed.
    mutating func leave(_ task: TaskID, conversation: ConversationID) -> TaskID? {
        guard let index = lines[conversation]?.tasks.firstIndex(where: { $0.task == task }) else { return nil }
        lines[conversation]?.tasks.remove(at: index)
        guard let first = lines[conversation]?.tasks.first?.task else {
            lines[conversation] = nil
            return nil
        }
        return index == 0 ? first : nil
    }
}
