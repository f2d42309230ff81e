import Logging
import Messages

/// A DEALER that dials a ROUTER and keeps doing so: each time the other end dies or restarts it opens a new
/// socket with a fresh random routing id, fails what was pending and says hello again.
public final class Link: Sendable {
    /// Starts to dial; returns at once.
    public init(
        _ endpoint: String, identity: Identity, handlers: Handlers, reactor: Reactor, timing: MeshTiming = .init(),
        logger: Logger
    ) { fatalError("contract") }

    /// What it dials.
    public var endpoint: String { fatalError("contract") }
    /// The other end, when it is there.
    public var peer: Peer? { fatalError("contract") }

    /// The other end, as soon as it is there.
    /// - Throws: ``Fault`` `unavailable` with the endpoint after `deadline`, or `peer_lost` once closed.
    public func connected(within deadline: Duration = .seconds(5)) async throws -> Peer { fatalError("contract") }

    /// Waits for the other end, then asks it; `deadline` covers both.
    public func request<R: Request>(
        _ request: R, deadline: Duration = .seconds(5), session: UInt64 = 0, trace: TraceID = .none
    ) async throws -> R.Reply { fatalError("contract") }

    /// Says goodbye and stops dialling.
    public func close() async { fatalError("contract") }
}

/// How often an end is asked whether it lives and when it counts as dead.
public struct MeshTiming: Sendable {
    /// Between two pings of the dialling end (ARCHITECTURE section 2).
    public var ping: Duration
    /// Silence after which the other end is dead.
    public var silence: Duration
    public init(ping: Duration = .seconds(1), silence: Duration = .seconds(4)) {
        self.ping = ping
        self.silence = silence
    }
}
