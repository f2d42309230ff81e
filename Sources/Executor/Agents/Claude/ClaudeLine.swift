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
    /// What a message line carries beside its message; nil for other lines.
    var remarks: ClaudeRemarks?
    /// The whole line, where it is neither a message, an event of the model, a result nor a control message.
    var raw: JSONValue?

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
        switch type {
        case "result": result = try? ClaudeResult(from: decoder)
        case "assistant", "user": remarks = try? ClaudeRemarks(from: decoder)
        case "stream_event", "control_request", "control_response", "control_cancel_request", "keep_alive": break
        default: raw = try? JSONValue(from: decoder)
        }
    }

    /// Whether the model enters plan mode, for which Claude Code does not always ask.
    var entersPlan: Bool {
        type == "assistant" && message?.content.contains { $0.type == "tool_use" && $0.name == "EnterPlanMode" } == true
    }
}

extension KeyedDecodingContainer {
    /// Returns the value, or nil where it is absent or of another type.
    func lenient<T: Decodable>(_ key: Key) -> T? { try? decodeIfPresent(T.self, forKey: key) }

    /// Whether there is a value, of any type.
    func isPresent(_ key: Key) -> Bool { contains(key) && (try? decodeNil(forKey: key)) != true }
}
