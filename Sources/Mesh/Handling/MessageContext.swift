import Messages

/// What a handler is told besides the message.
public struct MessageContext: Sendable {
    /// Who sent it.
    public var peer: Peer
    /// The executor's session it came from or is for; 0 = none.
    public var session: UInt64
    /// The trace it belongs to.
    public var trace: TraceID
    /// When the asking end stops waiting; nil for notices.
    public var deadline: ContinuousClock.Instant?
}
