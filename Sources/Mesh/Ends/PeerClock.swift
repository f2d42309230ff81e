import Messages

/// When the peers of one end have to be looked at: for silence, for requests whose time is over, and for messages
/// that libzmq would not take.
struct PeerClock {
    /// No closer together are two looks at all peers.
    private static let grain: Duration = .milliseconds(5)

    private var sweep: ContinuousClock.Instant
    private var resend: ContinuousClock.Instant?
    private var blocked: Set<Peer> = []
    private let interval: Duration

    init(timing: MeshTiming, now: ContinuousClock.Instant) {
        interval = max(min(timing.ping, timing.silence / 4), Self.grain)
        sweep = now + interval
    }

    /// The next thing to do.
    var due: ContinuousClock.Instant { min(sweep, resend ?? sweep) }

    mutating func attend(by due: ContinuousClock.Instant) { sweep = min(sweep, due) }

    mutating func block(_ peer: Peer, now: ContinuousClock.Instant) {
        blocked.insert(peer)
        resend = resend ?? now + MeshBounds.resend
    }

    /// Those to whom something is to be sent again; the caller gives back who is still blocked.
    mutating func takeBlocked() -> Set<Peer> {
        resend = nil
        defer { blocked = [] }
        return blocked
    }

    /// Whether anybody waits for room; tried again whenever there is news, and after ``MeshBounds/resend``.
    var isBlocked: Bool { !blocked.isEmpty }

    /// Whether all peers are to be looked at now.
    mutating func takeSweep(_ now: ContinuousClock.Instant) -> Bool {
        guard sweep <= now else { return false }
        sweep = now + interval
        return true
    }

    /// After a look at `peer`: when the next one is needed.
    mutating func note(_ peer: Peer, now: ContinuousClock.Instant) {
        if let deadline = peer.pending.earliest { sweep = min(sweep, max(deadline, now + Self.grain)) }
    }
}
