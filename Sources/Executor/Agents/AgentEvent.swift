import Messages

/// An event as an agent makes it, before it is numbered: a kind and a payload of one JSON object.
struct AgentEvent: Equatable, Sendable {
    var kind: EventKind
    var payload: [UInt8]

    init(_ kind: EventKind, _ payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }

    /// The payload as text, for tests and debuggers.
    var json: String { String(decoding: payload, as: UTF8.self) }
}

extension AgentEvent {
    /// A piece of text in the Agent Client Protocol's shape. `meta` is a JSON object for `_meta`.
    static func chunk(_ kind: EventKind, _ piece: TextSplitter.Piece, meta: String? = nil) -> AgentEvent {
        var out = Array(#"{"content":"#.utf8)
        piece.appendContent(to: &out)
        if let meta {
            out += Array(#","_meta":"#.utf8)
            out += Array(meta.utf8)
        }
        out.append(UInt8(ascii: "}"))
        return AgentEvent(kind, out)
    }

    /// A sentence for the task's viewers.
    static func log(_ level: String, _ message: String, source: String) -> AgentEvent {
        var out = Array(#"{"level":"#.utf8)
        JSONText.append(level, to: &out)
        out += Array(#","message":"#.utf8)
        JSONText.append(message, to: &out)
        out += Array(#","source":"#.utf8)
        JSONText.append(source, to: &out)
        out.append(UInt8(ascii: "}"))
        return AgentEvent(.log, out)
    }
}
