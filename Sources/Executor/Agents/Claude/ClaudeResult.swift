import Messages

/// The end of a turn.
struct ClaudeResult: Decodable {
    var subtype: String?
    var isError: Bool
    var text: String?
    var errors: [String]
    /// The HTTP status of the model's server, where that has failed.
    var apiStatus: Int?
    /// The kind of that failure, such as `usage_limit_reached`; older versions give none.
    var apiError: String?
    /// What has started the turn, such as `task-notification`; nil = a message of the user.
    var origin: String?
    var turns: Int?
    var milliseconds: Double?
    /// Dollars since the process was started.
    var totalCost: Double?
    var usage: Usage?

    struct Usage: Decodable {
        var input: Int?
        var output: Int?
        var cacheRead: Int?
        var cacheCreation: Int?

        enum CodingKeys: String, CodingKey {
            case input = "input_tokens"
            case output = "output_tokens"
            case cacheRead = "cache_read_input_tokens"
            case cacheCreation = "cache_creation_input_tokens"
        }
    }

    enum CodingKeys: String, CodingKey {
        case subtype, errors, usage
        case isError = "is_error"
        case text = "result"
        case apiStatus = "api_error_status"
        case apiError = "api_error"
        case origin
        case turns = "num_turns"
        case milliseconds = "duration_ms"
        case totalCost = "total_cost_usd"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        subtype = container.lenient(.subtype)
        isError = container.lenient(.isError) ?? false
        text = container.lenient(.text)
        errors = container.lenient(.errors) ?? []
        apiStatus = container.lenient(.apiStatus)
        apiError = container.lenient(.apiError)
        let origin: JSONValue? = container.lenient(.origin)
        self.origin = origin?["kind"]?.string
        turns = container.lenient(.turns)
        milliseconds = container.lenient(.milliseconds)
        totalCost = container.lenient(.totalCost)
        usage = container.lenient(.usage)
    }

    /// Whether the turn has failed.
    var failed: Bool { isError || (subtype.map { $0 != "success" } ?? false) }

    /// Whether the session to resume does not exist.
    var isUnknownSession: Bool {
        failed && errors.contains { $0.hasPrefix("No conversation found with session ID") }
    }

    /// The error text.
    var summary: String {
        let given = text.flatMap { $0.isEmpty ? nil : $0 } ?? errors.filter { !$0.isEmpty }.joined(separator: "; ")
        guard given.isEmpty else { return given }
        return switch subtype {
        case "error_max_turns": "Claude Code reached its limit of turns"
        case "error_max_budget_usd": "Claude Code reached its budget"
        default: "Claude Code ended its turn with \(subtype ?? "an error")"
        }
    }
}
