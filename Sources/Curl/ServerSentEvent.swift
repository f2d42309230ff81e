/// One event of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Equatable {
    /// The last `id` of the stream so far; empty before the first.
    public var id: String
    /// The event's name; `message` by default.
    public var name: String
    /// Its `data` lines, joined with line feeds.
    public var data: [UInt8]

    public init(id: String = "", name: String = "message", data: [UInt8]) {
        self.id = id
        self.name = name
        self.data = data
    }

    /// The data as text.
    public var text: String { String(decoding: data, as: UTF8.self) }
}
