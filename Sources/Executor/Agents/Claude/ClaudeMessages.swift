import Messages

/// What is written to Claude Code with `--input-format stream-json`: one JSON object a line.
enum ClaudeMessages {
    /// Opens the conversation with the program; it replies with its capabilities.
    static func initialize(id: String) -> [UInt8] {
        line([
            "type": "control_request", "request_id": .string(id), "request": ["subtype": "initialize", "hooks": nil],
        ])
    }

    /// A turn, or a message for the running one; the history before the prompt is a block of its own.
    /// - Parameter id: a UUID, with which the program reports what happens to the message.
    static func user(_ prompt: String, id: String, after history: String? = nil) -> [UInt8] {
        let content = history.map { history -> JSONValue in
            [["type": "text", "text": .string(history)], ["type": "text", "text": .string(prompt)]]
        }
        return line([
            "type": "user", "message": ["role": "user", "content": content ?? .string(prompt)],
            "parent_tool_use_id": nil, "session_id": "default", "uuid": .string(id),
        ])
    }

    /// Ends the turn with what was written so far.
    static func interrupt(id: String) -> [UInt8] {
        line(["type": "control_request", "request_id": .string(id), "request": ["subtype": "interrupt"]])
    }

    /// Ends everything that runs in the background, and the program.
    static func endSession(id: String) -> [UInt8] {
        line(["type": "control_request", "request_id": .string(id), "request": ["subtype": "end_session"]])
    }

    /// Denies a tool; `message` goes to the model.
    static func deny(request: String, message: String) -> [UInt8] {
        answer(request, ["behavior": "deny", "message": .string(message)])
    }

    /// Allows a tool with the input as it was asked; `rules` hold while the process runs.
    static func allow(request: String, input: JSONValue, rules: [PermissionRule]) -> [UInt8] {
        var response: [String: JSONValue] = ["behavior": "allow", "updatedInput": input]
        response["updatedPermissions"] = ClaudePermission.updates(rules)
        return answer(request, .object(response))
    }

    private static func answer(_ request: String, _ response: JSONValue) -> [UInt8] {
        line([
            "type": "control_response",
            "response": ["subtype": "success", "request_id": .string(request), "response": response],
        ])
    }

    /// Refuses a request of unknown type.
    static func unsupported(request: String) -> [UInt8] {
        line([
            "type": "control_response",
            "response": [
                "subtype": "error", "request_id": .string(request), "error": "not supported by this executor",
            ],
        ])
    }

    private static func line(_ value: JSONValue) -> [UInt8] { value.bytes + [0x0a] }
}
