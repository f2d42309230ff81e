import Messages

/// One line of Claude Code's `--output-format stream-json`, as far as it matters here. A field of unexpected type
/// counts as absent, so that a newer `claude` loses a detail and not the line.
struct ClaudeLine: Decodable {
    /// `system`, `stream_event`, `assistant`, `user`, `result`, `control_request`, `control_response`, …
    var type: String
    var subtype: String?
    var session: String?
    /// The tool call of the subagent that wrote this; nil for the main agent.
    var parent: String?
    var event: ModelEvent?
    var message: ClaudeMessage?
    var requestID: String?
    var request: ControlRequest?
    var result: ClaudeResult?

    enum CodingKeys: String, CodingKey {
        case type, subtype, event, message, request
        case session = "session_id"
        case parent = "parent_tool_use_id"
        case requestID = "request_id"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        type = try container.decode(String.self, forKey: .type)
        subtype = container.lenient(.subtype)
        session = container.lenient(.session)
        parent = container.lenient(.parent)
        event = container.lenient(.event)
        message = container.lenient(.message)
        requestID = container.lenient(.requestID)
        request = container.lenient(.request)
        if type == "result" { result = try? ClaudeResult(from: decoder) }
    }

    /// Whether the model enters plan mode, for which Claude Code does not always ask.
    var entersPlan: Bool {
        type == "assistant" && message?.content.contains { $0.type == "tool_use" && $0.name == "EnterPlanMode" } == true
    }
}

/// The model's own event, as it streams.
struct ModelEvent: Decodable {
    /// `message_start`, `content_block_start`, `content_block_delta`, …
    var type: String
    var message: ClaudeMessage?
    var block: ClaudeBlock?
    var delta: Delta?

    struct Delta: Decodable {
        var type: String?
        var text: String?
        var thinking: String?
    }

    enum CodingKeys: String, CodingKey {
        case type, message, delta
        case block = "content_block"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        type = try container.decode(String.self, forKey: .type)
        message = container.lenient(.message)
        block = container.lenient(.block)
        delta = container.lenient(.delta)
    }
}

/// A message of the conversation: the model's, or the user's with the results of tools.
struct ClaudeMessage: Decodable {
    var id: String?
    var content: [ClaudeBlock]

    enum CodingKeys: String, CodingKey {
        case id, content
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = container.lenient(.id)
        let text: String? = container.lenient(.content)
        content = text.map { [ClaudeBlock(text: $0)] } ?? container.lenient(.content) ?? []
    }
}

/// A piece of a message.
struct ClaudeBlock: Decodable {
    /// `text`, `thinking`, `tool_use`, `tool_result`, …
    var type: String
    var text: String?
    var thinking: String?
    var id: String?
    var name: String?
    var input: JSONValue?
    var toolUse: String?
    var content: JSONValue?
    var isError: Bool?

    enum CodingKeys: String, CodingKey {
        case type, text, thinking, id, name, input, content
        case toolUse = "tool_use_id"
        case isError = "is_error"
    }

    init(text: String) {
        type = "text"
        self.text = text
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        type = try container.decode(String.self, forKey: .type)
        text = container.lenient(.text)
        thinking = container.lenient(.thinking)
        id = container.lenient(.id)
        name = container.lenient(.name)
        input = container.lenient(.input)
        toolUse = container.lenient(.toolUse)
        content = container.lenient(.content)
        isError = container.lenient(.isError)
    }
}

/// The end of a turn.
struct ClaudeResult: Decodable {
    var subtype: String?
    var isError: Bool
    var text: String?
    var errors: [String]
    /// The HTTP status of the model's server, where that has failed.
    var apiStatus: Int?
    var turns: Int?
    var milliseconds: Double?
    /// Dollars since the process was started.
    var totalCost: Double?
    var usage: Usage?
    var origin: String?

    private struct Origin: Decodable { var kind: String }

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
        case subtype, errors, usage, origin
        case isError = "is_error"
        case text = "result"
        case apiStatus = "api_error_status"
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
        turns = container.lenient(.turns)
        milliseconds = container.lenient(.milliseconds)
        totalCost = container.lenient(.totalCost)
        usage = container.lenient(.usage)
        let origin: Origin? = container.lenient(.origin)
        self.origin = origin?.kind
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

extension KeyedDecodingContainer {
    /// Returns the value, or nil where it is absent or of another type.
    func lenient<T: Decodable>(_ key: Key) -> T? { try? decodeIfPresent(T.self, forKey: key) }

    /// Whether there is a value, of any type.
    func isPresent(_ key: Key) -> Bool { contains(key) && (try? decodeNil(forKey: key)) != true }
}
