import Messages

/// An agent's permission request, before it is sent as an `approval.request`.
struct PermissionRequest: Equatable, Sendable {
    /// The agent's own id of it.
    var request: String
    var tool: String
    /// A line for people.
    var title: String
    /// The tool's input as the agent gave it, whole.
    var input: JSONValue
    /// The rules that together make the request unnecessary in this conversation; empty = it is asked each time, whatever
    /// was allowed.
    var rules: [PermissionRule] = []
    /// The agent's own ways to answer; nil = those that this executor offers for every agent.
    var ownOptions: [ApprovalOption]?
    /// What the agent asks, beside the permission; nil = nothing.
    var questions: [AgentQuestion]?

    /// The ways to answer, as a person sees them.
    var options: [ApprovalOption] { ownOptions ?? ApprovalOption.standard(hasRule: !offered.isEmpty) }

    /// The rules that a person may allow for the conversation; empty where their text does not fit into a request, since
    /// a person must see all of it.
    var offered: [PermissionRule] { Limits.fits(text, Limits.approvalLine) ? rules : [] }

    /// What an approval with the scope `conversation` allows, for people; nil = the tool as a whole.
    var rule: String? {
        let rules = offered
        if rules.isEmpty { return "only this request" }
        return rules == [PermissionRule(tool: tool)] ? nil : text
    }

    /// ``title``, cut to the length that a request allows.
    var line: String {
        Limits.fits(title, Limits.approvalLine)
            ? title : String(String.UnicodeScalarView(title.unicodeScalars.prefix(Limits.approvalLine.upperBound)))
    }

    private var text: String { rules.map(\.description).joined(separator: ", ") }
}

/// The answer to a ``PermissionRequest``.
enum PermissionDecision: Equatable, Sendable {
    /// Allowed; `rules` are allowed for the conversation as well.
    case allow(rules: [PermissionRule] = [], answer: PermissionAnswer = PermissionAnswer())
    /// Denied; the reason goes to the model. `option` is the id of the option that was chosen.
    case deny(String, option: String? = nil)
}
