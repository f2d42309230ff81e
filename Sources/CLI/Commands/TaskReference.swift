import ArgumentParser
import Messages

/// A task as a person names it: its id, or the beginning of one of the newest 200.
struct TaskReference: ExpressibleByArgument, Sendable {
    let text: String

    init?(argument: String) { text = argument.lowercased() }

    /// The task's id.
    /// - Throws: `ValidationError` when it cannot be one, ``Failure`` when no task or more than one begins like this.
    func id(_ backend: Backend) async throws -> TaskID {
        if let id = TaskID(text) { return id }
        try Shortened.check(text, "a task", list: "tasks")
        let tasks = try await backend.tasks(limit: 200).items
        guard let task = try Shortened.match(text, tasks, "tasks", id: { $0.view.id.description }) else {
            throw Failure("none of your newest tasks begins with \(text); `wegent tasks` lists them")
        }
        return task.view.id
    }
}
