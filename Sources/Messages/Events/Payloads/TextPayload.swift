/// `agent_message_chunk` and `agent_thought_chunk`: a piece of the agent's answer or of its thinking.
public struct TextPayload: EventPayload {
    /// The piece; at most 64 KiB after escaping or encoding (``Limits/eventText``).
    public var content: ContentBlock
    /// Additions of our own agents.
    public var meta: PayloadMeta?

    public init(_ content: ContentBlock, meta: PayloadMeta? = nil) {
        self.content = content
        self.meta = meta
    }

    private enum CodingKeys: String, CodingKey {
        case content
        case meta = "_meta"
    }

    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("content")
        content.write(to: &out)
        meta?.write(to: &out)
        out.endObject()
    }
}
