import Mesh
import Messages

/// Sends requests to the leader of a user's partition and to the registry, within a deadline; retries when a leader is
/// lost or replaced.
struct LeaderClient: Sendable {
    let directory: ServiceDirectory

    /// Sends a request to the leader of `owner`. It must be idempotent: when a leader is lost, the next one gets it
    /// again, until ``GatewayLimits/request`` has passed.
    /// - Parameter repeated: The meaning of a refusal after an earlier leader was lost before its reply and may have
    ///   carried out the request; nil = the refusal stands.
    /// - Parameter end: The deadline of a request that is one of several steps; nil = ``GatewayLimits/request`` from now.
    /// - Throws: ``Fault``: the leader's own, `unavailable` when there is none for ``GatewayLimits/leader``, or
    ///   `deadline_exceeded`.
    func askLeader<R: Request>(
        of owner: UserID, _ request: R, trace: TraceID, until end: ContinuousClock.Instant? = nil,
        repeated: (Fault) -> R.Reply? = { _ in nil }
    ) async throws -> R.Reply {
        var wasLost = false
        let start = ContinuousClock.now
        let end = end ?? start + GatewayLimits.request
        var leaderDeadline = start + GatewayLimits.leader
        while true {
            try Task.checkCancellation()
            let version = directory.version
            guard let (peer, _) = directory.leader(of: owner) else {
                guard ContinuousClock.now < min(leaderDeadline, end) else {
                    throw Fault(.unavailable, "no dispatcher can be reached at the moment; try again in a second")
                }
                await directory.change(after: version, until: min(leaderDeadline, end))
                continue
            }
            do {
                return try await peer.request(request, deadline: end - .now, trace: trace)
            } catch let fault as Fault where fault.code == .peerLost || fault.code == .notLeader {
                guard ContinuousClock.now < end else { throw fault }
                if fault.code == .peerLost { wasLost = true }
                leaderDeadline = .now + GatewayLimits.leader
                // The directory may still name a deposed dispatcher: pause, so that it is not asked in a loop.
                await directory.change(after: version, until: min(.now + GatewayLimits.leaderPause, end))
            } catch let fault as Fault where wasLost {
                guard let reply = repeated(fault) else { throw fault }
                return reply
            }
        }
    }

    /// Sends a request to the registry, once.
    /// - Parameter end: The deadline of a request that is one of several steps; nil = ``GatewayLimits/request`` after the
    ///   registry is connected.
    /// - Throws: ``Fault``: the registry's own, `unavailable` when it is not connected within ``GatewayLimits/leader``,
    ///   or `deadline_exceeded`.
    func askRegistry<R: Request>(
        _ request: R, trace: TraceID = .none, until end: ContinuousClock.Instant? = nil
    ) async throws -> R.Reply {
        let wait = end.map { max(.zero, min(GatewayLimits.leader, $0 - .now)) } ?? GatewayLimits.leader
        guard let peer = await directory.registry(within: wait) else {
            try Task.checkCancellation()
            throw Fault(.unavailable, "the registry cannot be reached at the moment; try again in a second")
        }
        return try await peer.request(request, deadline: end.map { $0 - .now } ?? GatewayLimits.request, trace: trace)
    }
}
