/// `waiting`: the agent's turn has ended and the attempt goes on only because of something else, or no longer.
public struct WaitingPayload: EventPayload {
    /// `background`; nil = the attempt no longer waits.
    public var waitingFor: WaitingFor?
    /// When it began to wait, by the device's clock.
    public var since: Timestamp
    /// What it waits for, in at most 500 characters for people.
    public var what: String?

    public init(waitingFor: WaitingFor?, since: Timestamp, what: String? = nil) {
        self.waitingFor = waitingFor
        self.since = since
        self.what = what
    }

    private enum CodingKeys: String, CodingKey {
        case since, what
        case waitingFor = "waiting_for"
    }

    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.field("waiting_for", waitingFor?.rawValue)
        out.field("since", since.description)
        out.field("what", what)
        out.endObject()
    }
}
