import Messages

/// The bounds of the mesh; each with its reason and with what happens beyond it.
enum MeshBounds {
    /// Messages that libzmq may hold per connection and direction; beyond it a peer's own queue fills.
    static let highWaterMark: Int32 = 1000
    /// Messages in a peer's own queue: a burst of a few hundred thousand small ones is no slow peer. Beyond it the
    /// peer is lost, because a gap in an ordered stream is worse than a fresh start.
    static let queuedMessages = 500_000
    /// Bytes in a peer's own queue; beyond it the peer is lost, too.
    static let queuedBytes = 64 << 20
    /// The largest frame that is sent or taken; beyond it nothing is sent, and libzmq cuts a sender off.
    static let frame = Limits.meshMessage
    /// Bodies up to this size travel in the part of their header.
    static let joined = 4 << 10
    /// Bodies of requests that are larger are decoded off the reactor: 64 KiB of JSON take about a millisecond.
    static let decodedInline = 64 << 10
    /// Requests of one peer that are being answered at a time; beyond it the answer is `unavailable`.
    static let servedRequests = 16_384
    /// Open subscriptions of one peer, as many as viewers on one gateway; beyond it the answer is `unavailable`.
    static let servedSubscriptions = 65_536
    /// The most credit a subscription may hold, so that sums of credit cannot overflow.
    static let credit = 1 << 40
    /// The longest name in a hello, in bytes.
    static let name = 200
    /// Messages taken from one socket before the others get their turn.
    static let received = 256
    /// The first and the longest pause between two tries to reach a listener, before jitter.
    static let retry: ClosedRange<Duration> = .milliseconds(50)...(.milliseconds(1000))
    /// How long a bind waits for an address that the last owner has just given up.
    static let bindPatience: Duration = .milliseconds(1000)
    /// How long at most until a message that libzmq would not take is offered again.
    static let resend: Duration = .milliseconds(10)
    /// How long closed sockets go on sending what was queued.
    static let linger: Duration = .seconds(1)
}
