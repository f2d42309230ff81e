import Logging
import Messages
import Synchronization

/// The end that a peer belongs to, a listener or a link; called on the reactor.
protocol PeerOwner: AnyObject {
    /// The peer is down: unreachable, too slow, restarted or closed. Called from the loop, never inside a callback.
    func peerLost(_ peer: Peer, _ reason: String)
    /// The peer has a request with the deadline `due`.
    func sweep(by due: ContinuousClock.Instant)
    /// libzmq has refused a frame: flush the peer soon.
    func peerBlocked(_ peer: Peer)
}

/// The other end of a connection, from its hello until it is lost; the same type on both sides.
///
/// Sending never waits. A message to a lost peer is dropped and counted; its requests fail with `peer_lost`. Callable
/// on any thread; messages of one caller keep their order.
public final class Peer: Sendable, Hashable {
    /// The identity from the peer's hello.
    public let identity: Identity
    let channel: PeerChannel
    private let logger: Logger
    private let correlations = Atomic<UInt64>(0)

    // Only touched on the reactor.
    nonisolated(unsafe) private(set) weak var owner: (any PeerOwner)?
    nonisolated(unsafe) var pending = PendingRequests()
    nonisolated(unsafe) private var subscriptions: [UInt64: Subscription] = [:]

    init(_ identity: Identity, sender: FrameSender, reactor: Reactor, logger: Logger, owner: any PeerOwner) {
        self.identity = identity
        self.logger = logger
        self.owner = owner
        channel = PeerChannel(reactor: reactor, sender: sender)
        sender.onBlocked = { [weak self] in
            if let self { self.owner?.peerBlocked(self) }
        }
        sender.onDown = { [weak self] in self?.wentDown($0, $1) }
    }

    /// Whether the peer is connected.
    public var isUp: Bool { channel.isUp }

    /// Bytes that wait to be sent to the peer, without those that libzmq has taken. A relay stops taking more above a bound
    /// of its own.
    public var backlog: Int { channel.sender.backlog }

    /// Sends a one-way message. One that cannot be encoded or is over 8 MiB is dropped, logged and counted.
    public func send<M: Message>(_ message: M, session: UInt64 = 0, trace: TraceID = .none) {
        do {
            let body = try Wire.encode(message)
            send(Header(.notice, type: M.type, session: session, trace: trace), body: body)
        } catch {
            logger.critical("a message could not be encoded", metadata: ["type": "\(M.type)"])
        }
    }

    /// As ``send(_:session:trace:)``, without the check whether the type is binary.
    public func send<M: BinaryMessage>(_ message: M, session: UInt64 = 0, trace: TraceID = .none) {
        send(Header(.notice, type: M.type, session: session, trace: trace), body: message.bytes)
    }

    /// Forwards a message with an encoded body (a relay). `header.kind` should be `.notice`.
    public func send(_ header: Header, body: [UInt8]) {
        guard body.count <= MeshBounds.frame else {
            channel.reactor.counters.drop(.tooLarge)
            logger.critical(
                "a message is too large to be sent", metadata: ["type": "\(header.type)", "bytes": "\(body.count)"])
            return
        }
        channel.transmit(header, body)
    }

    /// Sends a request and waits for its reply.
    /// - Throws: ``Fault``: the peer's own, `peer_lost`, `deadline_exceeded`, or `message_too_large` (over 8 MiB,
    ///   nothing was sent); `CancellationError` when the caller was cancelled.
    public nonisolated(nonsending) func request<R: Request>(
        _ request: R, deadline: Duration = .seconds(5), session: UInt64 = 0, trace: TraceID = .none
    ) async throws -> R.Reply {
        let body = try Wire.encode(request)
        let header = Header(
            .request, type: R.type, correlation: nextCorrelation(), budget: Header.budget(deadline), session: session,
            trace: trace)
        let reply = try await sendRequest(header, body, within: deadline)
        if reply.count > MeshBounds.decodedInline, channel.reactor.isCurrent {
            return try await Codec.decodeOffReactor(R.Reply.self, from: reply)
        }
        return try Wire.decode(R.Reply.self, from: reply)
    }

    /// Subscribes. `onItem` receives each item in order and `onEnd` the end (nil = finished successfully), both on the
    /// reactor. Each item spends one credit; grant more with ``Subscription/grant(_:)``.
    public func subscribe<S: Subscribe>(
        _ subscribe: S, credit: UInt32 = 64, onItem: @escaping @Sendable (S.Item) -> Void,
        onEnd: @escaping @Sendable (Fault?) -> Void
    ) -> Subscription {
        let decode = Codec.decoder(S.Item.self)
        let correlation = nextCorrelation()
        let subscription = Subscription(
            channel: channel, correlation: correlation, credit: credit, onItem: { onItem(try decode($0)) },
            onEnd: onEnd, unregister: { self.subscriptions.removeValue(forKey: correlation) != nil })
        do {
            let body = try Wire.encode(subscribe)
            guard body.count <= MeshBounds.frame else { throw Fault.tooLarge(S.type, bytes: body.count) }
            let header = Header(.subscribe, type: S.type, correlation: correlation, budget: credit)
            let isPosted = channel.reactor.perform { self.open(subscription, Frame(header, body)) }
            if !isPosted { subscription.end(lostFault("the reactor has stopped")) }
        } catch {
            let fault = error as? Fault ?? Fault(.internalError, "a \(S.type) could not be encoded")
            channel.reactor.post { subscription.end(fault) }
        }
        return subscription
    }

    /// As ``subscribe(_:credit:onItem:onEnd:)``, as a sequence that grants credit as items are consumed. It throws
    /// ``Fault`` when the subscription fails and cancels the subscription when it is released.
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

    func lostFault(_ reason: String) -> Fault {
        Fault(.peerLost, "lost the connection to \(identity.role) '\(identity.name)': \(reason)")
    }

    /// Names the peer in the log.
    var metadata: Logger.Metadata {
        ["peer": "\(identity.name)", "role": "\(identity.role)", "incarnation": "\(identity.incarnation)"]
    }

    private func open(_ subscription: Subscription, _ frame: Frame) {
        guard subscription.isOpen else { return }
        guard isUp else {
            // From the loop: the caller of subscribe does not expect its callback yet.
            return channel.reactor.post { subscription.end(self.lostFault("the peer is down")) }
        }
        subscriptions[subscription.correlation] = subscription
        channel.sender.deliver(frame)
    }

    /// Reports to the owner from the loop, since a caller of the mesh may be changing what its own callback changes.
    private func wentDown(_ reason: String, _ drop: MeshDropReason) {
        if drop == .slowPeer { logger.warning("a peer is too slow", metadata: metadata) }
        channel.reactor.post { self.owner?.peerLost(self, reason) }
    }
}

/// What the peer sends about this end's requests and subscriptions; on the reactor. Each returns false when the
/// request or subscription is not open.
extension Peer {
    func receiveItem(_ correlation: UInt64, _ body: [UInt8]) -> Bool {
        subscriptions[correlation]?.receive(body) != nil
    }

    func receiveEnd(_ correlation: UInt64) -> Bool {
        subscriptions.removeValue(forKey: correlation)?.end(nil) != nil
    }

    func receiveReply(_ correlation: UInt64, _ body: [UInt8]) -> Bool {
        pending.remove(correlation)?(.success(body)) != nil
    }

    func receiveFailure(_ correlation: UInt64, _ body: [UInt8]) -> Bool {
        let fault = (try? Wire.decode(Fault.self, from: body)) ?? Fault(.malformed, "the peer's failure cannot be read")
        if let subscription = subscriptions.removeValue(forKey: correlation) {
            subscription.end(fault)
            return true
        }
        return pending.remove(correlation)?(.failure(fault)) != nil
    }

    /// Fails all requests and subscriptions.
    func failAll(_ fault: Fault) {
        for completion in pending.removeAll() { completion(.failure(fault)) }
        for subscription in subscriptions.values { subscription.end(fault) }
        subscriptions = [:]
    }
}
