import Messages

/// The other end of a connection, from its hello to its death; the same type on both sides.
///
/// Sending never waits. A message to a dead or replaced peer is dropped and counted; requests then fail with
/// `peer_lost`. Callable from any thread; order is kept per caller.
public final class Peer: Sendable, Hashable {
    /// Who it is.
    public var identity: Identity { fatalError("contract") }
    /// Whether it is still there.
    public var isUp: Bool { fatalError("contract") }

    /// Sends a one-way message.
    public func send<M: Message>(_ message: M, session: UInt64 = 0, trace: TraceID = .none) { fatalError("contract") }

    /// Passes on a frame whose body is already encoded (a relay). `header.kind` should be `.notice`.
    public func send(_ header: Header, body: [UInt8]) { fatalError("contract") }

    /// Asks and waits for the one answer.
    /// - Throws: ``Fault``: the other end's own, `peer_lost`, or `deadline_exceeded`.
    public func request<R: Request>(
        _ request: R, deadline: Duration = .seconds(5), session: UInt64 = 0, trace: TraceID = .none
    ) async throws -> R.Reply { fatalError("contract") }

    /// Subscribes. `onItem` gets each item's body in order and `onEnd` the end (nil = ended well), both on the
    /// reactor. Credit is spent an item at a time; give more with ``Subscription/grant(_:)``.
    public func subscribe<S: Subscribe>(
        _ subscribe: S, credit: UInt32 = 64, onItem: @escaping @Sendable (S.Item) -> Void,
        onEnd: @escaping @Sendable (Fault?) -> Void
    ) -> Subscription { fatalError("contract") }

    /// As ``subscribe(_:credit:onItem:onEnd:)``, as a sequence that gives one item's credit back for each item
    /// that is taken. It throws ``Fault`` when the subscription fails and ends the subscription when dropped.
    public func items<S: Subscribe>(_ subscribe: S, credit: UInt32 = 16) -> AsyncThrowingStream<S.Item, any Error> {
        fatalError("contract")
    }

    public static func == (left: Peer, right: Peer) -> Bool { left === right }
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// The subscriber's end of a subscription.
public final class Subscription: Sendable {
    /// Allows `items` more.
    public func grant(_ items: UInt32) { fatalError("contract") }
    /// Ends it; nothing is called back afterwards.
    public func cancel() { fatalError("contract") }
}

/// The serving end of a subscription.
public final class Outlet: Sendable {
    /// Who subscribed.
    public var peer: Peer { fatalError("contract") }
    /// Items that may be sent now. Read it on the reactor.
    public var credit: Int { fatalError("contract") }
    /// Whether nothing can be sent any more: ended, cancelled or the peer is gone.
    public var isClosed: Bool { fatalError("contract") }

    /// Sends the next item and spends one credit; false, and nothing sent, without credit or when closed.
    public func send<M: Message>(_ item: M) -> Bool { fatalError("contract") }
    /// Called on the reactor whenever credit was given; set it before the handler returns.
    public func onCredit(_ body: @escaping @Sendable () -> Void) { fatalError("contract") }
    /// Called on the reactor once, when the subscriber cancelled or died.
    public func onClose(_ body: @escaping @Sendable () -> Void) { fatalError("contract") }
    /// Ends the subscription well.
    public func finish() { fatalError("contract") }
    /// Ends it with a fault.
    public func fail(_ fault: Fault) { fatalError("contract") }
}
