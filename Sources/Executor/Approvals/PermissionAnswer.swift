import Messages

/// What a person added when they allowed a ``PermissionRequest``.
struct PermissionAnswer: Equatable, Sendable {
    /// The id of the option that was chosen.
    var option: String?
    /// The input to use the tool with, an object; nil = the one that was asked.
    var input: JSONValue?
    /// The answers to the request's questions, by the id of the question: ids of choices and free texts.
    var answers: AgentQuestion.Answers = [:]
}
