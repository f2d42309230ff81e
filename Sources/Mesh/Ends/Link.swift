import Logging
import Messages
import Synchronization

/// A DEALER that dials a ROUTER and reconnects: each time the peer is lost or restarts, it fails pending requests, opens
/// a new socket (which gets a fresh routing id at the ROUTER) and sends a new hello.
public final class Link: Sendable {
    private let core: LinkCore
    private let reactor: Reactor
    private let waiters: PeerWaiters

    /// Starts dialling; returns at once.
    /// - Parameters:
    ///   - role: The role that the other end must play: with keys, it must prove one of the allow-list's keys of this
    ///     role. nil = any.
    ///   - key: The key that is tried first, if the allow-list has it.
    public init(
        _ endpoint: String, to role: ServiceRole? = nil, key: MeshKey? = nil, identity: Identity, handlers: Handlers,
        reactor: Reactor, timing: MeshTiming = .init(),
        logger: Logger
    ) {
        self.endpoint = endpoint
        self.reactor = reactor
        waiters = PeerWaiters(endpoint: endpoint)
        let end = LocalEnd(
            identity: identity, handlers: handlers, reactor: reactor, timing: timing, logger: logger)
        core = LinkCore(endpoint, role: role, key: key, end: end, waiters: waiters)
        if !reactor.perform({ [core] in core.start() }) { waiters.close() }
    }

    /// The dialled endpoint.
    public let endpoint: String

    /// The peer; nil while the link is not connected.
    public var peer: Peer? { waiters.peer }

    /// Returns the peer as soon as the link is connected.
    /// - Throws: ``Fault`` `unavailable` with the endpoint after `deadline` (`version_incompatible` when that is the reason),
    ///   or `peer_lost` once closed; `CancellationError` when the caller was cancelled.
    public nonisolated(nonsending) func connected(within deadline: Duration = .seconds(5)) async throws -> Peer {
        if let peer = waiters.peer { return peer }
        let due = ContinuousClock.now + deadline
        return try await waiters.wait(until: due) { reactor.post { self.core.sweep(by: due) } }
    }

    /// Waits for the peer, then sends it a request; `deadline` covers both.
    public nonisolated(nonsending) func request<R: Request>(
        _ request: R, deadline: Duration = .seconds(5), session: UInt64 = 0, trace: TraceID = .none
    ) async throws -> R.Reply {
        if let peer = waiters.peer {
            return try await peer.request(request, deadline: deadline, session: session, trace: trace)
        }
        let start = ContinuousClock.now
        let peer = try await connected(within: deadline)
        let left = max(.zero, deadline - start.duration(to: .now))
        return try await peer.request(request, deadline: left, session: session, trace: trace)
    }

    /// Sends a bye and stops dialling.
    public func close() async {
        await withCheckedContinuation { continuation in
            let isPosted = reactor.perform {
                self.core.close(linger: MeshBounds.linger)
                self.reactor.remove(self.core)
                continuation.resume()
            }
            if !isPosted { continuation.resume() }
        }
    }
}
