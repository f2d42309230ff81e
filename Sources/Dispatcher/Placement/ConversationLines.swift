import Messages

/// The tasks of each conversation that have not ended, in the order of acceptance: only the first of them may run.
struct ConversationLines: Sendable, Equatable {
    private struct Line: Sendable, Equatable {
        let owner: UserID
        var tasks: [DeviceQueue.Waiting] = []
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
        var line = lines[conversation] ?? Line(owner: owner)
        let place = line.tasks.firstIndex { $0.ordinal > ordinal } ?? line.tasks.endIndex
        line.tasks.insert(DeviceQueue.Waiting(ordinal: ordinal, task: task), at: place)
        lines[conversation] = line
    }

    /// A task has ended.
    /// - Returns: the task that is the first one now, if that has changed.
    mutating func leave(_ task: TaskID, conversation: ConversationID) -> TaskID? {
        guard var line = lines[conversation], let place = line.tasks.firstIndex(where: { $0.task == task }) else {
            return nil
        }
        line.tasks.remove(at: place)
        lines[conversation] = line.tasks.isEmpty ? nil : line
        return place == 0 ? line.tasks.first?.task : nil
    }
}
