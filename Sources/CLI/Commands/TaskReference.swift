import ArgumentParser
import Messages

/// A task as a person names it: its id, or the beginning of one of the newest 200.
struct TaskReference: ExpressibleByArgument, Sendable {
    /// How many characters the beginning has at least: fewer would hit by chance.
    static let shortest = 6

    let text: String

    init?(argument: String) { text = argument.lowercased() }

    /// The task's id.
    /// - Throws: `ValidationError` when it cannot be one, ``Failure`` when no task or more than one begins like this.
    func id(_ backend: Backend) async throws -> TaskID {
        if let id = TaskID(text) { return id }
        guard text.allSatisfy({ $0.isHexDigit || $0 == "-" }), (Self.shortest..<36).contains(text.count) else {
            throw ValidationError(
                "'\(text)' is neither a task's id nor the first \(Self.shortest) or more characters of one; "
                    + "`wegent tasks` lists them")
        }
        return try Self.match(text, try await backend.tasks(limit: 200).items.map(\.id))
    }

    /// The one that begins with `text`.
    static func match(_ text: String, _ ids: [TaskID]) throws -> TaskID {
        let matches = ids.filter { $0.description.hasPrefix(text) }
        guard let id = matches.first else {
            throw Failure("none of your newest tasks begins with \(text); `wegent tasks` lists them")
        }
        guard matches.count == 1 else {
            throw Failure("\(matches.count) tasks begin with \(text); give more of the id")
        }
        return id
    }
}
