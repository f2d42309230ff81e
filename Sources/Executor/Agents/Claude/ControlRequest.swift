import Messages

/// What Claude Code asks of whoever drives it (seen with 2.1.330).
struct ControlRequest: Decodable, Equatable {
    /// `can_use_tool`, …
    var subtype: String?
    var toolName: String?
    var toolUse: String?
    var input: JSONValue?
    /// What Claude Code itself would offer to change so that it need not ask again.
    var suggestions: [Suggestion]
    /// Why it asks: `other`, `subcommandResults`, `workingDir`, `mode`, `safetyCheck`, `rule`, …; nil = because it always does.
    var reasonType: String?
    /// It offers no rule for this one, on purpose.
    var suppressesRule: Bool
    /// The question is for a person, and an answer without one is none.
    var needsPerson: Bool

    /// It asks because of an `ask` rule of the user's own settings, or of a safety check, whatever the rest of it says: a
    /// rule would not take that away.
    var isGuarded: Bool

    struct Suggestion: Decodable, Equatable {
        /// `addRules`, `addDirectories`, `setMode`, …
        var type: String
        var behavior: String?
        var rules: [Rule]?
        var directories: [String]?
    }

    struct Rule: Decodable, Equatable {
        var toolName: String
        var ruleContent: String?
    }

    enum CodingKeys: String, CodingKey {
        case subtype, input
        case toolName = "tool_name"
        case toolUse = "tool_use_id"
        case suggestions = "permission_suggestions"
        case reasonType = "decision_reason_type"
        case suppressesRule = "suppress_always_allow_rule"
        case needsPerson = "requires_user_interaction"
        case askRule = "matched_ask_rule"
        case approvable = "classifier_approvable"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        subtype = container.lenient(.subtype)
        toolName = container.lenient(.toolName)
        toolUse = container.lenient(.toolUse)
        input = container.lenient(.input)
        suggestions = container.lenient(.suggestions) ?? []
        reasonType = container.lenient(.reasonType)
        suppressesRule = container.lenient(.suppressesRule) ?? false
        needsPerson = container.lenient(.needsPerson) ?? false
        // Of any form: what cannot be read is there all the same.
        isGuarded = container.holds(.askRule) || container.holds(.approvable)
    }
}
