import Messages

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
