/// `plan`: the agent's plan as a whole, replacing the one before.
public struct PlanPayload: EventPayload {
    /// A step of a plan.
    public struct Entry: Decodable, Sendable, Equatable {
        /// What is to be done.
        public var content: String
        /// `high`, `medium` or `low`.
        public var priority: String?
        /// `pending`, `in_progress` or `completed`.
        public var status: String?

        public init(content: String, priority: String?, status: String?) {
            self.content = content
            self.priority = priority
            self.status = status
        }
    }

    /// The steps in their order.
    public var entries: [Entry]

    public init(entries: [Entry]) { self.entries = entries }

    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("entries")
        out.beginArray()
        for entry in entries {
            out.separate()
            out.beginObject()
            out.field("content", entry.content)
            out.field("priority", entry.priority)
            out.field("status", entry.status)
            out.endObject()
        }
        out.endArray()
        out.endObject()
    }
}
