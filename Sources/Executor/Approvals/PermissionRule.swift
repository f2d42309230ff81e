/// What a person has allowed, or may allow, for a whole conversation.
struct PermissionRule: Codable, Hashable, Sendable, CustomStringConvertible {
    var tool: String
    /// The allowed part of the tool, in the agent's own notation, such as `npm test *`; nil = all of it.
    var content: String?
    /// One literal command: nothing in it is a pattern, and it is never given to the agent as a rule.
    var exactly: String?

    init(tool: String, content: String? = nil, exactly: String? = nil) {
        self.tool = tool
        self.content = content
        self.exactly = exactly
    }

    /// For people: `Bash(npm test *)`, `Bash(exactly: make > log)`, `WebSearch`.
    var description: String {
        if let content { return "\(tool)(\(content))" }
        if let exactly { return "\(tool)(exactly: \(exactly))" }
        return tool
    }
}
