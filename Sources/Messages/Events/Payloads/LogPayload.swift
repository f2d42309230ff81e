/// `log`: something that the device or a service wants a person to know.
public struct LogPayload: EventPayload {
    /// `debug` (for a closer look; not shown by default), `notice`, `warning` or `error`.
    public var level: String
    /// A sentence for people.
    public var message: String
    /// What wrote it: `dispatcher`, `executor` or the agent's name.
    public var source: String?
    /// Ids of texts (``PayloadMeta/message``) that the agent has abandoned: a viewer may drop them.
    public var superseded: [String]
    /// Set when the agent's request to its model failed and is repeated.
    public var retry: ModelRetry?

    public init(
        level: String, message: String, source: String?, superseded: [String] = [], retry: ModelRetry? = nil
    ) {
        self.level = level
        self.message = message
        self.source = source
        self.superseded = superseded
        self.retry = retry
    }

    private enum CodingKeys: String, CodingKey {
        case level, message, source
        case meta = "_meta"
    }

    private struct Meta: Decodable {
        var superseded: [String]?
        var retry: ModelRetry?
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        level = try container.decode(String.self, forKey: .level)
        message = try container.decode(String.self, forKey: .message)
        source = try container.decodeIfPresent(String.self, forKey: .source)
        let meta = try container.decodeIfPresent(Meta.self, forKey: .meta)
        superseded = meta?.superseded ?? []
        retry = meta?.retry
    }

    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.field("level", level)
        out.field("message", message)
        out.field("source", source)
        if !superseded.isEmpty || retry != nil { writeMeta(to: &out) }
        out.endObject()
    }

    private func writeMeta(to out: inout JSONWriter) {
        out.key("_meta")
        out.beginObject()
        if !superseded.isEmpty {
            out.key("superseded")
            out.beginArray()
            for id in superseded {
                out.separate()
                out.write(id)
            }
            out.endArray()
        }
        if let retry {
            out.key("retry")
            retry.write(to: &out)
        }
        out.endObject()
    }
}

/// A request of an agent to its model that failed and is repeated.
public struct ModelRetry: Decodable, Sendable, Equatable {
    /// The number of the retry, from 1.
    public var attempt: Int
    /// How many retries there are at most; nil = unknown.
    public var of: Int?
    /// The HTTP status of the failure; nil = there was no response.
    public var status: Int?
    /// Seconds until the retry; nil = unknown.
    public var waitS: Double?

    public init(attempt: Int, of: Int? = nil, status: Int? = nil, waitS: Double? = nil) {
        self.attempt = attempt
        self.of = of
        self.status = status
        self.waitS = waitS
    }

    private enum CodingKeys: String, CodingKey {
        case attempt, of, status
        case waitS = "wait_s"
    }

    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.field("attempt", attempt)
        out.field("of", of)
        out.field("status", status)
        out.field("wait_s", waitS)
        out.endObject()
    }
}
