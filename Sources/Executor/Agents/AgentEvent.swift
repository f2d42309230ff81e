import Messages

/// An event as an agent makes it, before it is numbered: a kind and a payload of one JSON object.
struct AgentEvent: Equatable, Sendable {
    var kind: EventKind
    var payload: [UInt8]

    init(_ kind: EventKind, _ payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }

    init(_ kind: EventKind, _ payload: some EventPayload) { self.init(kind, payload.bytes) }

    /// The payload as text, for tests and debuggers.
    var json: String { String(decoding: payload, as: UTF8.self) }
}

extension AgentEvent {
    /// A sentence for the task's viewers.
    static func log(_ level: String, _ message: String, source: String) -> AgentEvent {
        AgentEvent(.log, LogPayload(level: level, message: message, source: source))
    }
}
