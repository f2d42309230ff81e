/// `tool_call`: a tool call begins. An agent that streams announces the call as `pending` without its input, and
/// repeats title and input in the first ``ToolCallUpdatePayload``.
public struct ToolCallPayload: EventPayload {
    /// The agent's id of the call, unique within the attempt.
    public var id: String
    /// What the call does, in one line of at most about 200 characters.
    public var title: String?
    /// The Agent Client Protocol's kind of tool: `execute`, `read`, `edit`, `search`, `fetch`, `think` or `other`.
    public var kind: String?
    /// `pending`, `in_progress`, `completed` or `failed`.
    public var status: String?
    /// The tool's input; nil = not known yet, or too long for one event.
    public var input: JSONValue?
    /// Additions of our own agents.
    public var meta: PayloadMeta?

    public init(
        id: String, title: String?, kind: String?, status: String?, input: JSONValue? = nil, meta: PayloadMeta? = nil
    ) {
        self.id = id
        self.title = title
        self.kind = kind
        self.status = status
        self.input = input
        self.meta = meta
    }

    fileprivate enum CodingKeys: String, CodingKey {
        case title, kind, status, content
        case id = "toolCallId"
        case input = "rawInput"
        case meta = "_meta"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decodeIfPresent(String.self, forKey: .id) ?? ""
        title = try container.decodeIfPresent(String.self, forKey: .title)
        kind = try container.decodeIfPresent(String.self, forKey: .kind)
        status = try container.decodeIfPresent(String.self, forKey: .status)
        input = try container.decodeIfPresent(JSONValue.self, forKey: .input)
        meta = try container.decodeIfPresent(PayloadMeta.self, forKey: .meta)
    }

    public func write(to out: inout JSONWriter) {
        out.beginObject()
        meta?.write(to: &out)
        out.field("kind", kind)
        out.field("rawInput", input)
        out.field("status", status)
        out.field("title", title)
        out.field("toolCallId", id)
        out.endObject()
    }
}

/// `tool_call_update`: progress or the result of a tool call. Fields without a value stay as they were.
public struct ToolCallUpdatePayload: EventPayload {
    /// The call's id, as in its ``ToolCallPayload``.
    public var id: String
    /// The title, once the input is known.
    public var title: String?
    /// `in_progress`, `completed` or `failed`.
    public var status: String?
    /// The tool's input, once it is known; nil as well when it is too long for one event.
    public var input: JSONValue?
    /// The next pieces of the result (or of an input too long for one event), each at most 64 KiB after escaping.
    public var content: [ContentBlock]
    /// Additions of our own agents.
    public var meta: PayloadMeta?

    public init(
        id: String, title: String? = nil, status: String?, input: JSONValue? = nil, content: [ContentBlock] = [],
        meta: PayloadMeta? = nil
    ) {
        self.id = id
        self.title = title
        self.status = status
        self.input = input
        self.content = content
        self.meta = meta
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ToolCallPayload.CodingKeys.self)
        id = try container.decodeIfPresent(String.self, forKey: .id) ?? ""
        title = try container.decodeIfPresent(String.self, forKey: .title)
        status = try container.decodeIfPresent(String.self, forKey: .status)
        input = try container.decodeIfPresent(JSONValue.self, forKey: .input)
        content = try container.decodeIfPresent([Content].self, forKey: .content)?.map(\.block) ?? []
        meta = try container.decodeIfPresent(PayloadMeta.self, forKey: .meta)
    }

    /// The order of keys differs with and without content; both are pinned.
    public func write(to out: inout JSONWriter) {
        guard !content.isEmpty else {
            return ToolCallPayload(id: id, title: title, kind: nil, status: status, input: input, meta: meta)
                .write(to: &out)
        }
        out.beginObject()
        out.field("toolCallId", id)
        out.field("title", title)
        out.field("status", status)
        out.field("rawInput", input)
        out.key("content")
        out.beginArray()
        for block in content {
            out.separate()
            out.beginObject()
            out.field("type", "content")
            out.key("content")
            block.write(to: &out)
            out.endObject()
        }
        out.endArray()
        meta?.write(to: &out)
        out.endObject()
    }

    /// An element of `content`: `{"type":"content","content":{…}}`, or a block of another type as it is.
    private struct Content: Decodable {
        var block: ContentBlock

        private enum Key: String, CodingKey { case content }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            block = try container.decodeIfPresent(ContentBlock.self, forKey: .content) ?? ContentBlock(from: decoder)
        }
    }
}
