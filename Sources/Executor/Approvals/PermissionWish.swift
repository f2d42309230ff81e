import Messages

/// What an agent asks permission for, before it is an `approval.request`.
struct PermissionWish: Equatable, Sendable {
    /// The agent's own name for it.
    var request: String
    var tool: String
    /// A line for people.
    var title: String
    /// The tool's input as the agent gave it, whole.
    var input: JSONValue
    /// What would have to be allowed for the conversation so that it need not be asked again; empty = it is asked each
    /// time, whatever was allowed.
    var rules: [PermissionRule] = []

    /// What the scope `conversation` would allow, for people; nil = the tool as a whole.
    var rule: String? {
        if rules.isEmpty { return "only this request" }
        if rules == [PermissionRule(tool: tool)] { return nil }
        let text = rules.map(\.description).joined(separator: ", ")
        return text.count > Self.ruleLength ? text.prefix(Self.ruleLength) + "…" : text
    }

    /// The longest ``rule``, in characters: a line that can be read.
    private static let ruleLength = 500
}

/// What became of a ``PermissionWish``.
enum PermissionVerdict: Equatable, Sendable {
    /// Allowed; `rules` are allowed for the conversation besides.
    case allow(rules: [PermissionRule] = [])
    /// Denied; the model is told why.
    case deny(String)
}
