import Messages
import Synchronization

/// The other end of a connection, from its hello to its death; the same type on both sides.
///
/// Sending never waits. A message to a dead or replaced peer is dropped and counted; requests then fail with
/// `peer_lost`. Callable from any thread; order is kept per caller.
public final class Peer: Sendable, Hashable {
    /// Who it is.
    public let identity: Identity
    let home: Home
    /// Its name on a ROUTER; nil on a DEALER.
    let route: RoutingID?
    let up = Atomic(true)
    private let correlations = Atomic<UInt64>(0)

    // Only touched on the reactor.
    nonisolated(unsafe) let socket: Socket
    nonisolated(unsafe) weak var owner: (any PeerOwner)?
    nonisolated(unsafe) var outbox = Outbox()
    nonisolated(unsafe) var pending = PendingRequests()
    nonisolated(unsafe) var subscriptions: [UInt64: Subscription] = [:]
    nonisolated(unsafe) var outlets: [UInt64: Outlet] = [:]
    nonisolated(unsafe) var serving = 0
    nonisolated(unsafe) var lastNotice: (type: String, handler: Handlers.Notice)?
    nonisolated(unsafe) var lastHeard: ContinuousClock.Instant

    init(_ identity: Identity, home: Home, socket: Socket, route: RoutingID?, owner: any PeerOwner) {
        self.identity = identity
        self.home = home
        self.socket = socket
        self.route = route
        self.owner = owner
        lastHeard = home.reactor.now
    }

    /// Whether it is still there.
    public var isUp: Bool { up.load(ordering: .acquiring) }

    /// Sends a one-way message. One that has no JSON form or is over 8 MiB is dropped, logged and counted.
    public func send<M: Message>(_ message: M, session: UInt64 = 0, trace: TraceID = .none) {
        do {
            let body = try Wire.encode(message)
            send(Header(.notice, type: M.type, session: session, trace: trace), body: body)
        } catch {
            home.logger.critical("a message could not be encoded", metadata: ["type": "\(M.type)"])
        }
    }

    /// As ``send(_:session:trace:)``, without asking for each message what it is.
    public func send<M: BinaryMessage>(_ message: M, session: UInt64 = 0, trace: TraceID = .none) {
        send(Header(.notice, type: M.type, session: session, trace: trace), body: message.bytes)
    }

    /// Passes on a frame whose body is already encoded (a relay). `header.kind` should be `.notice`.
    public func send(_ header: Header, body: [UInt8]) {
        guard body.count <= MeshBounds.frame else {
            home.reactor.counters.drop(.tooLarge)
            home.logger.critical(
                "a message is too large to be sent", metadata: ["type": "\(header.type)", "bytes": "\(body.count)"])
            return
        }
        transmit(header, body)
    }

    /// Asks and waits for the one answer.
    /// - Throws: ``Fault``: the other end's own, `peer_lost`, `deadline_exceeded`, or `message_too_large` (over
    ///   8 MiB, nothing was sent); `CancellationError` when the caller was cancelled.
    public nonisolated(nonsending) func request<R: Request>(
        _ request: R, deadline: Duration = .seconds(5), session: UInt64 = 0, trace: TraceID = .none
    ) async throws -> R.Reply {
        let body = try Wire.encode(request)
        let header = Header(
            .request, type: R.type, correlation: nextCorrelation(), budget: Self.budget(deadline), session: session,
            trace: trace)
        let answer = try await ask(header, body, within: deadline)
        if answer.count > MeshBounds.decodedInline, home.reactor.isCurrent {
            return try await Aside.decode(R.Reply.self, from: answer)
        }
        return try Wire.decode(R.Reply.self, from: answer)
    }

    /// Subscribes. `onItem` gets each item in order and `onEnd` the end (nil = ended well), both on the
    /// reactor. Credit is spent an item at a time; give more with ``Subscription/grant(_:)``.
    public func subscribe<S: Subscribe>(
        _ subscribe: S, credit: UInt32 = 64, onItem: @escaping @Sendable (S.Item) -> Void,
        onEnd: @escaping @Sendable (Fault?) -> Void
    ) -> Subscription {
        let decode = Codec.decoder(S.Item.self)
        let subscription = Subscription(
            peer: self, correlation: nextCorrelation(), credit: credit,
            onItem: { onItem(try decode($0)) }, onEnd: onEnd)
        do {
            let body = try Wire.encode(subscribe)
            guard body.count <= MeshBounds.frame else { throw Self.tooLarge(S.type, body.count) }
            let header = Header(.subscribe, type: S.type, correlation: subscription.correlation, budget: credit)
            let opened = home.reactor.perform { subscription.open(Frame(header, body)) }
            if !opened { subscription.end(lostFault("the reactor has ended")) }
        } catch {
            let fault = error as? Fault ?? Fault(.internalError, "a \(S.type) could not be encoded")
            home.reactor.post { subscription.end(fault) }
        }
        return subscription
    }

    /// As ``subscribe(_:credit:onItem:onEnd:)``, as a sequence that gives an item's credit back for each item
    /// that is taken. It throws ``Fault`` when the subscription fails and ends the subscription when dropped.
    public func items<S: Subscribe>(_ subscribe: S, credit: UInt32 = 16) -> AsyncThrowingStream<S.Item, any Error> {
        let buffer = ItemBuffer<S.Item>(credit: max(1, credit))
        buffer.open(
            self.subscribe(
                subscribe, credit: max(1, credit), onItem: { [weak buffer] in buffer?.add($0) },
                onEnd: { [weak buffer] in buffer?.end($0) }))
        return AsyncThrowingStream { try await buffer.next() }
    }

    public static func == (left: Peer, right: Peer) -> Bool { left === right }
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    func nextCorrelation() -> UInt64 { correlations.add(1, ordering: .relaxed).newValue }

    static func budget(_ deadline: Duration) -> UInt32 {
        UInt32(clamping: max(1, Int64((deadline / .milliseconds(1)).rounded())))
    }

    static func tooLarge(_ type: String, _ bytes: Int) -> Fault {
        Fault(.messageTooLarge, "a \(type) of \(bytes) bytes is over the limit of \(MeshBounds.frame)")
    }

    func lostFault(_ reason: String) -> Fault {
        Fault(.peerLost, "the connection to \(identity.role) '\(identity.name)' was lost: \(reason)")
    }
}
