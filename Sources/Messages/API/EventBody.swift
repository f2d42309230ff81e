/// An event of a task over HTTP: the same object in a page, in a server-sent event's `data` and in a message of `/ws`.
/// The gateway writes it without decoding the payload; this shape is for readers.
public struct EventBody: Codable, Sendable, Equatable {
    /// From 1 per task, without gaps.
    public var seq: UInt64
    /// A name of ``EventKind``, or one that this version does not know.
    public var kind: String
    /// When the event was made: on the device's clock, or on the dispatcher's for the dispatcher's own events.
    public var time: Timestamp
    /// The payload, in the shape of its kind.
    public var data: JSONValue

    public init(seq: UInt64, kind: String, time: Timestamp, data: JSONValue) {
        self.seq = seq
        self.kind = kind
        self.time = time
        self.data = data
    }
}

/// A page of a task's events (`GET /tasks/{task}/events`).
public struct EventPageBody: Codable, Sendable, Equatable {
    /// In the order of `seq`.
    public var items: [EventBody]
    /// What to pass as `after` next; nil only after the task's last event.
    public var next: UInt64?

    public init(items: [EventBody], next: UInt64?) {
        self.items = items
        self.next = next
    }

    private enum CodingKeys: String, CodingKey { case items, next }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(next, forKey: .next)
    }
}
