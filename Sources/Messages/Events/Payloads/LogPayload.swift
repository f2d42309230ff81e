/// `log`: something that the device or a service wants a person to know.
public struct LogPayload: EventPayload {
    /// `notice`, `warning` or `error`.
    public var level: String
    /// A sentence for people.
    public var message: String
    /// What wrote it: `dispatcher`, `executor` or the agent's name.
    public var source: String?

    public init(level: String, message: String, source: String?) {
        self.level = level
        self.message = message
        self.source = source
    }

    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.field("level", level)
        out.field("message", message)
        out.field("source", source)
        out.endObject()
    }
}
