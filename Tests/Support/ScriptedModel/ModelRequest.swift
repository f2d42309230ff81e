import Foundation

/// A request to the model.
public struct ModelRequest: Sendable {
    /// A message of the conversation so far.
    public struct Message: Sendable {
        /// `user`, `assistant` or `system`.
        public var role: String
        /// The text blocks in order, without the reminders that Claude Code adds.
        public var texts: [String]
        /// The results of tool calls.
        public var toolResults: [String]
        /// The names of the called tools.
        public var toolCalls: [String]
    }

    public let model: String
    public let maxTokens: Int
    public let stream: Bool
    /// The names of the offered tools.
    public let tools: [String]
    public let messages: [Message]
    /// Claude Code's id of the session.
    public let session: String?
    /// The body as received.
    public let body: Data

    /// The text of the last user message.
    public var prompt: String {
        messages.last { $0.role == "user" && !$0.texts.isEmpty }?.texts.joined(separator: "\n") ?? ""
    }

    /// Returns all texts of `role`, in order.
    public func texts(of role: String) -> [String] { messages.filter { $0.role == role }.flatMap(\.texts) }

    /// The results of all tool calls, in order.
    public var toolResults: [String] { messages.flatMap(\.toolResults) }

    /// Whether Claude Code sent it for its own use (a title, the quota). Requests of a conversation always offer tools.
    public var isInternal: Bool { tools.isEmpty || maxTokens <= 1 }

    /// - Throws: `DecodingError` when the body is not a request of the Messages API.
    init(_ body: Data, session: String?) throws {
        self.body = body
        self.session = session
        let fields = try JSONDecoder().decode(RequestBody.self, from: body)
        model = fields.model
        maxTokens = fields.maxTokens ?? 0
        stream = fields.stream ?? false
        tools = (fields.tools ?? []).compactMap(\.name)
        messages = fields.messages.map { message in
            let blocks = message.content.blocks
            return Message(
                role: message.role,
                texts: blocks.filter { $0.type == "text" }.compactMap(\.text)
                    .filter { !$0.hasPrefix("<system-reminder>") },
                toolResults: blocks.filter { $0.type == "tool_result" }.map { result in
                    (result.content?.blocks ?? []).compactMap(\.text).joined(separator: "\n")
                },
                toolCalls: blocks.filter { $0.type == "tool_use" }.compactMap(\.name))
        }
    }
}

/// The fields of the Messages API that the script uses.
private struct RequestBody: Decodable {
    struct Tool: Decodable { var name: String? }
    struct Message: Decodable {
        var role: String
        var content: Content
    }
    struct Block: Decodable {
        var type: String
        var text: String?
        var name: String?
        var content: Content?
    }
    /// A string, or blocks.
    struct Content: Decodable {
        var blocks: [Block]
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                blocks = [Block(type: "text", text: text, name: nil, content: nil)]
            } else {
                blocks = try container.decode([Block].self)
            }
        }
    }
    var model: String
    var maxTokens: Int?
    var stream: Bool?
    var tools: [Tool]?
    var messages: [Message]

    enum CodingKeys: String, CodingKey {
        case model, stream, tools, messages
        case maxTokens = "max_tokens"
    }
}
