import Messages

/// Decides when the peers of one end are swept (checked for silence and expired requests), and when blocked peers are
/// flushed.
struct PeerClock {
    /// The shortest time between two sweeps.
    private static let grain: Duration = .milliseconds(5)

    private var nextSweep: ContinuousClock.Instant
    private var nextResend: ContinuousClock.Instant?
    private var blocked: Set<Peer> = []
    private let interval: Duration

    init(timing: MeshTiming, now: ContinuousClock.Instant) {
        interval = max(min(timing.ping, timing.silence / 4), Self.grain)
        nextSweep = now + interval
    }

    /// When the next sweep or resend is due.
    var due: ContinuousClock.Instant { min(nextSweep, nextResend ?? nextSweep) }

    /// Schedules a sweep for `due` at the latest.
    mutating func sweep(by due: ContinuousClock.Instant) { nextSweep = min(nextSweep, due) }

    /// Adds a peer with frames that libzmq has refused.
    mutating func block(_ peer: Peer, now: ContinuousClock.Instant) {
        blocked.insert(peer)
        nextResend = nextResend ?? now + MeshBounds.resend
    }

    /// Removes and returns the blocked peers; the caller adds those that are still full again.
    mutating func takeBlocked() -> Set<Peer> {
        nextResend = nil
        defer { blocked = [] }
        return blocked
    }

    /// Whether any peer is blocked. Blocked peers are flushed after each event, and at the latest after
    /// ``MeshBounds/resend``.
    var isBlocked: Bool { !blocked.isEmpty }

    /// Returns whether a sweep of all peers is due, and schedules the next one.
    mutating func takeSweep(_ now: ContinuousClock.Instant) -> Bool {
        guard nextSweep <= now else { return false }
        nextSweep = now + interval
        return true
    }

    /// Schedules a sweep for the next deadline of `peer`, which has just been swept.
    mutating func scheduleDeadlines(of peer: Peer, now: ContinuousClock.Instant) {
        if let deadline = peer.pending.earliest { sweep(by: max(deadline, now + Self.grain)) }
    }
}
