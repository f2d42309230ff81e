import Logging
import Messages
import Synchronization

/// A DEALER that dials a ROUTER and keeps doing so: each time the other end dies or restarts it opens a new
/// socket with a fresh random routing id, fails what was pending and says hello again.
public final class Link: Sendable {
    private let core: LinkCore
    private let home: Home
    private let meeting: Meeting

    /// Starts to dial; returns at once.
    public init(
        _ endpoint: String, identity: Identity, handlers: Handlers, reactor: Reactor, timing: MeshTiming = .init(),
        logger: Logger
    ) {
        self.endpoint = endpoint
        home = Home(identity: identity, handlers: handlers, reactor: reactor, timing: timing, logger: logger)
        meeting = Meeting(endpoint: endpoint)
        core = LinkCore(endpoint, home: home, meeting: meeting)
        if !reactor.perform({ [core] in core.start() }) { meeting.close() }
    }

    /// What it dials.
    public let endpoint: String

    /// The other end, when it is there.
    public var peer: Peer? { meeting.peer }

    /// The other end, as soon as it is there.
    /// - Throws: ``Fault`` `unavailable` with the endpoint after `deadline` (`version_incompatible` when that is why),
    ///   or `peer_lost` once closed; `CancellationError` when the caller was cancelled.
    public nonisolated(nonsending) func connected(within deadline: Duration = .seconds(5)) async throws -> Peer {
        if let peer = meeting.peer { return peer }
        return try await meeting.wait(until: .now + deadline, on: home.reactor, core)
    }

    /// Waits for the other end, then asks it; `deadline` covers both.
    public nonisolated(nonsending) func request<R: Request>(
        _ request: R, deadline: Duration = .seconds(5), session: UInt64 = 0, trace: TraceID = .none
    ) async throws -> R.Reply {
        if let peer = meeting.peer {
            return try await peer.request(request, deadline: deadline, session: session, trace: trace)
        }
        let start = ContinuousClock.now
        let peer = try await connected(within: deadline)
        let left = max(.zero, deadline - start.duration(to: .now))
        return try await peer.request(request, deadline: left, session: session, trace: trace)
    }

    /// Says goodbye and stops dialling.
    public func close() async {
        await withCheckedContinuation { continuation in
            let taken = home.reactor.perform {
                self.core.end(linger: MeshBounds.linger)
                self.home.reactor.remove(self.core)
                continuation.resume()
            }
            if !taken { continuation.resume() }
        }
    }
}
