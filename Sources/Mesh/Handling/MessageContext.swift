import Messages

/// What a handler receives besides the message.
public struct MessageContext: Sendable {
    /// The sender.
    public var peer: Peer
    /// The executor session that the message comes from or is for; 0 = none.
    public var session: UInt64
    /// The trace that the message belongs to.
    public var trace: TraceID
    /// When the requester stops waiting; nil for notices.
    public var deadline: ContinuousClock.Instant?
}
