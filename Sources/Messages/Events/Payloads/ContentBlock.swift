#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A piece of an agent's output, in the Agent Client Protocol's shape: `{"type":"text","text":…}`. Where bytes of it are not
/// UTF-8, `{"type":"text","text":…,"encoding":"base64","data":…}` has the text for people and the bytes for programs.
public enum ContentBlock: Decodable, Sendable, Equatable {
    /// Text.
    case text(String)
    /// Text that its producer has escaped with ``JSONWriter/escape(_:to:)``, such as one that counts escaped bytes. A
    /// reader decodes it as ``text(_:)``.
    case escapedText([UInt8])
    /// Text in which U+FFFD stands for what is not UTF-8, as ``text(_:)``, and the exact bytes of all of it.
    case replacedText(String, bytes: [UInt8])
    /// Bytes without a text: the form that earlier executors sent.
    case binary([UInt8])
    /// A block of a type that this version does not know; empty = it names none.
    case other(type: String)

    private enum Key: String, CodingKey { case type, text, encoding, data }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let text = try? container.decodeIfPresent(String.self, forKey: .text)
        let isEncoded = (try? container.decodeIfPresent(String.self, forKey: .encoding)) == "base64"
        if let text, isEncoded, let bytes = try? container.decodeIfPresent(Data.self, forKey: .data) {
            self = .replacedText(text, bytes: [UInt8](bytes))
        } else if let text {
            self = .text(text)
        } else if isEncoded {
            self = .binary([UInt8](try container.decode(Data.self, forKey: .data)))
        } else {
            self = .other(type: try container.decodeIfPresent(String.self, forKey: .type) ?? "")
        }
    }

    /// Appends the block as one JSON object.
    public func write(to out: inout JSONWriter) {
        // The path of every piece of output.
        if case .escapedText(let bytes) = self {
            out.write(raw: #"{"type":"text","text":"#)
            out.write(escaped: bytes)
            return out.endObject()
        }
        out.beginObject()
        switch self {
        case .text(let text):
            out.field("type", "text")
            out.field("text", text)
        case .escapedText: break
        case .replacedText(let text, let bytes):
            out.field("type", "text")
            out.field("text", text)
            Self.write(bytes, to: &out)
        case .binary(let bytes):
            out.field("type", "text")
            Self.write(bytes, to: &out)
        case .other(let type): out.field("type", type)
        }
        out.endObject()
    }

    private static func write(_ bytes: [UInt8], to out: inout JSONWriter) {
        out.field("encoding", "base64")
        out.field("data", Data(bytes).base64EncodedString())
    }
}

/// What our own agents add to an event's payload in `_meta`, the Agent Client Protocol's place for additions.
public struct PayloadMeta: Decodable, Sendable, Equatable {
    /// The id of the tool call that started the subagent of this event.
    public var parentToolCall: String?
    /// The stream that a command wrote to: `stderr`; nil = standard output.
    public var stream: String?
    /// The agent's message and block that a piece of text belongs to, such as `msg_01:2`; pieces with the same id are one
    /// text, and another id begins a new one. With `user_message_chunk` the id of the person's message.
    public var message: String?

    public init(parentToolCall: String? = nil, stream: String? = nil, message: String? = nil) {
        self.parentToolCall = parentToolCall
        self.stream = stream
        self.message = message
    }

    private enum CodingKeys: String, CodingKey {
        case stream
        case parentToolCall = "parentToolCallId"
        case message = "messageId"
    }

    /// Appends the field `_meta`.
    func write(to out: inout JSONWriter) {
        out.key("_meta")
        out.beginObject()
        out.field("parentToolCallId", parentToolCall)
        out.field("stream", stream)
        out.field("messageId", message)
        out.endObject()
    }
}
