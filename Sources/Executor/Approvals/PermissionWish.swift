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

    /// What a person may allow for the conversation: they must see all of it, so nothing where that is more than a
    /// request can say.
    var offered: [PermissionRule] { Limits.fits(text, Limits.approvalLine) ? rules : [] }

    /// What the scope `conversation` would allow, for people; nil = the tool as a whole.
    var rule: String? {
        let rules = offered
        if rules.isEmpty { return "only this request" }
        return rules == [PermissionRule(tool: tool)] ? nil : text
    }

    /// ``title`` as a request can say it.
    var line: String {
        Limits.fits(title, Limits.approvalLine)
            ? title : String(String.UnicodeScalarView(title.unicodeScalars.prefix(Limits.approvalLine.upperBound)))
    }

    private var text: String { rules.map(\.description).joined(separator: ", ") }
}

/// What became of a ``PermissionWish``.
enum PermissionVerdict: Equatable, Sendable {
    /// Allowed; `rules` are allowed for the conversation besides.
    case allow(rules: [PermissionRule] = [])
    /// Denied; the model is told why.
    case deny(String)
}
