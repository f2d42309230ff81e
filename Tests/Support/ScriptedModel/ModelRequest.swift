import Foundation

/// A request that the model got.
public struct ModelRequest: Sendable {
    /// A message of the conversation so far.
    public struct Message: Sendable {
        /// `user`, `assistant` or `system`.
        public var role: String
        /// The text blocks in order, without the reminders that Claude Code adds of itself.
        public var texts: [String]
        /// What the called tools gave back.
        public var toolResults: [String]
        /// The names of the tools that are called.
        public var toolCalls: [String]
    }

    public let model: String
    public let maxTokens: Int
    public let stream: Bool
    /// The names of the offered tools.
    public let tools: [String]
    public let messages: [Message]
    /// Which of its sessions Claude Code says the request is of.
    public let session: String?
    /// The body as it came.
    public let body: Data

    /// The newest thing that the person said.
    public var prompt: String {
        messages.last { $0.role == "user" && !$0.texts.isEmpty }?.texts.joined(separator: "\n") ?? ""
    }

    /// Everything that `role` has said, in order.
    public func said(by role: String) -> [String] { messages.filter { $0.role == role }.flatMap(\.texts) }

    /// Everything that tools gave back, in order.
    public var toolResults: [String] { messages.flatMap(\.toolResults) }

    /// Whether Claude Code asks for itself (a title, the quota) and not for the conversation, whose requests
    /// always offer tools.
    public var isAside: Bool { tools.isEmpty || maxTokens <= 1 }

    /// - Throws: when the body is not a request of the Messages API.
    init(_ body: Data, session: String?) throws {
        self.body = body
        self.session = session
        let shape = try JSONDecoder().decode(Shape.self, from: body)
        model = shape.model
        maxTokens = shape.maxTokens ?? 0
        stream = shape.stream ?? false
        tools = (shape.tools ?? []).compactMap(\.name)
        messages = shape.messages.map { message in
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

/// The part of the Messages API that the script decides by.
private struct Shape: Decodable {
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
    /// A text, or blocks.
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
