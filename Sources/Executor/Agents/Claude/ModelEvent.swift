import Messages

/// The model's own event, as it streams.
struct ModelEvent: Decodable {
    /// `message_start`, `content_block_start`, `content_block_delta`, …
    var type: String
    /// The position of the block that it concerns.
    var index: Int?
    var message: ClaudeMessage?
    var block: ClaudeBlock?
    var delta: Delta?

    struct Delta: Decodable {
        var type: String?
        var text: String?
        var thinking: String?
    }

    enum CodingKeys: String, CodingKey {
        case type, index, message, delta
        case block = "content_block"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        type = try container.decode(String.self, forKey: .type)
        index = container.lenient(.index)
        message = container.lenient(.message)
        block = container.lenient(.block)
        delta = container.lenient(.delta)
    }
}
