import Messages

/// A request of Claude Code to the program that runs it (seen with 2.1.330).
struct ControlRequest: Decodable, Equatable {
    /// `can_use_tool`, …
    var subtype: String?
    var toolName: String?
    var toolUse: String?
    var input: JSONValue?
    /// What Claude Code itself would offer to change so that it need not ask again.
    var suggestions: [Suggestion]
    /// Why it asks: `other`, `subcommandResults`, `workingDir`, `mode`, `safetyCheck`, `rule`, …; nil = it always asks
    /// for this tool.
    var reasonType: String?
    /// It offers no rule for this one, on purpose.
    var suppressesRule: Bool
    /// Only a person may answer.
    var needsPerson: Bool

    /// It asks because of an `ask` rule of the user's own settings or a safety check; a rule would not take that away.
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
        // Of any type: a field that cannot be decoded is present all the same.
        isGuarded = container.isPresent(.askRule) || container.isPresent(.approvable)
    }
}
