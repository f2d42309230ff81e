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

/// What one end does with what it receives: a value, built before the end is opened.
///
/// All closures start on the reactor in the order of arrival. A request's may suspend; a notice's may not.
/// A type without a handler is answered with `unknown_type` (requests, subscriptions) or counted and dropped.
public struct Handlers: Sendable {
    public init() {}

    /// Answers requests of a type. A thrown ``Fault`` is sent as it is, any other error as `internal`. A body
    /// over 64 KiB is decoded off the reactor.
    public mutating func onRequest<R: Request>(
        _ type: R.Type, _ body: @escaping @Sendable (R, MessageContext) async throws -> R.Reply
    ) { fatalError("contract") }

    /// Takes one-way messages of a type.
    public mutating func onNotice<M: Message>(
        _ type: M.Type, _ body: @escaping @Sendable (M, MessageContext) -> Void
    ) { fatalError("contract") }

    /// Serves subscriptions of a type. The outlet is open until its ``Outlet/finish()``, its ``Outlet/fail(_:)``
    /// or its peer's end.
    public mutating func onSubscribe<S: Subscribe>(
        _ type: S.Type, _ body: @escaping @Sendable (S, Outlet, MessageContext) -> Void
    ) { fatalError("contract") }

    /// Takes notices that have a session, before they are looked up by type: true = taken. For relays.
    public mutating func onRelay(_ body: @escaping @Sendable (Header, [UInt8], Peer) -> Bool) { fatalError("contract") }

    /// A peer has said hello.
    public mutating func onPeerUp(_ body: @escaping @Sendable (Peer) -> Void) { fatalError("contract") }

    /// A peer has died, restarted (the old life goes down, the new one comes up) or said goodbye.
    public mutating func onPeerDown(_ body: @escaping @Sendable (Peer, _ reason: String) -> Void) {
        fatalError("contract")
    }
}
