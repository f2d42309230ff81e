import Messages

/// The tasks of each conversation that have not ended, in the order of acceptance: only the first of them may run.
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

    /// Whose a conversation with living tasks is.
    func owner(of conversation: ConversationID) -> UserID? { lines[conversation]?.owner }

    /// Whether another task of its conversation comes first.
    func isBehind(_ task: TaskID, in conversation: ConversationID) -> Bool {
        lines[conversation]?.tasks.first.map { $0.task != task } ?? false
    }

    /// Who may run in a conversation.
    func first(in conversation: ConversationID) -> TaskID? { lines[conversation]?.tasks.first?.task }

    /// A task joins its conversation, at the place of its `ordinal`.
    mutating func join(_ task: TaskID, ordinal: Int64, conversation: ConversationID, owner: UserID) {
        let behind = lines[conversation]?.tasks.lastIndex { $0.ordinal < ordinal }
        lines[conversation, default: Line(owner: owner)].tasks.insert(
            Entry(ordinal: ordinal, task: task), at: behind.map { $0 + 1 } ?? 0)
    }

    /// A task has ended.
    /// - Returns: the task that is the first one now, if that has changed.
    mutating func leave(_ task: TaskID, conversation: ConversationID) -> TaskID? {
        guard let place = lines[conversation]?.tasks.firstIndex(where: { $0.task == task }) else { return nil }
        lines[conversation]?.tasks.remove(at: place)
        guard let first = lines[conversation]?.tasks.first?.task else {
            lines[conversation] = nil
            return nil
        }
        return place == 0 ? first : nil
    }
}
