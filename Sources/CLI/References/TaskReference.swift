import ArgumentParser
import Messages

/// A task on the command line: its id, or a prefix of the id of one of the 200 newest tasks.
struct TaskReference: ExpressibleByArgument, Sendable {
    static let help: ArgumentHelp = "A task's id, or its first 6 or more characters (for your 200 newest tasks)."

    let text: String

    init?(argument: String) { text = argument.lowercased() }

    /// Finds the task's id.
    /// - Throws: `ValidationError` for text that cannot be an id, ``CommandError`` when no task or more than one matches.
    func id(_ gateway: GatewayClient) async throws -> TaskID {
        if let id = TaskID(text) { return id }
        try IDPrefix.check(text, "a task", command: "tasks")
        let tasks = try await gateway.tasks(limit: 200).items
        guard let task = try IDPrefix.match(text, tasks, "tasks", id: { $0.view.id.description }) else {
            throw CommandError(
                "none of your 200 newest tasks has an id that begins with \(text); `wegent tasks` lists the ids")
        }
        return task.view.id
    }
}
