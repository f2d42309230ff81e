import Messages

/// Turns what an agent writes into events: the one place where an agent's bytes become events with text.
struct OutputEvents {
    private let kind: EventKind
    private let meta: PayloadMeta?
    private var splitter = TextSplitter()

    /// - Parameter meta: of each event.
    init(_ kind: EventKind, meta: PayloadMeta? = nil) { (self.kind, self.meta) = (kind, meta) }

    /// Returns the events of a whole text.
    static func events(_ kind: EventKind, text: String, meta: PayloadMeta? = nil) -> [AgentEvent] {
        var events = OutputEvents(kind, meta: meta)
        return events.feed(Array(text.utf8)) + events.finish()
    }

    /// Adds bytes that were read, in pieces of any size.
    mutating func feed(_ bytes: [UInt8]) -> [AgentEvent] { splitter.feed(bytes).map(event) }

    /// Ends the text: the start of a character that does not go on is not held back any more.
    mutating func finish() -> [AgentEvent] { splitter.finish().map(event) }

    private func event(_ block: ContentBlock) -> AgentEvent { AgentEvent(kind, TextPayload(block, meta: meta)) }
}
