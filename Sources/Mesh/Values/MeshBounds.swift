import Messages

/// The limits of the mesh, each with its reason and with what happens beyond it.
enum MeshBounds {
    /// Messages that libzmq queues per connection and direction; beyond it the peer's own ``SendQueue`` fills.
    static let highWaterMark: Int32 = 1000
    /// Messages in a peer's send queue. A burst of a few hundred thousand small messages does not make a peer slow.
    /// Beyond it the peer is disconnected, because a gap in an ordered stream is worse than a new connection.
    static let queuedMessages = 500_000
    /// Bytes in a peer's send queue; beyond it the peer is disconnected.
    static let queuedBytes = 64 << 20
    /// The largest body and the largest message part. The mesh sends no larger one; libzmq disconnects a peer that does.
    static let frame = Limits.meshMessage
    /// Bodies up to this size travel in the same message part as their header.
    static let joined = 4 << 10
    /// Larger bodies of requests and notices are decoded off the reactor: 64 KiB of JSON take about a millisecond.
    static let decodedInline = 64 << 10
    /// Bytes of one session's notices that wait while a large one is decoded: two of the largest. Beyond it they are
    /// dropped; executors repeat what is not acknowledged.
    static let waitingNotices = 2 * Limits.meshMessage
    /// Requests of one peer in progress at a time; beyond it the answer is `unavailable`.
    static let servedRequests = 16_384
    /// Open subscriptions of one peer, as many as viewers on one gateway; beyond it the answer is `unavailable`.
    static let servedSubscriptions = 65_536
    /// The most credit a subscription may hold, so that sums of credit cannot overflow.
    static let credit = 1 << 40
    /// The longest name in a hello, in bytes.
    static let name = 200
    /// Messages received from one socket before the next socket gets its turn.
    static let received = 256
    /// How long a connection may take to prove its key. Until then it costs a descriptor and a few KiB.
    static let handshake: Duration = .seconds(10)
    /// Incarnations that one key (or one role without keys) is remembered to own, so that no other takes them; the oldest
    /// is forgotten first. A service has one at a time.
    static let incarnations = 64
    /// The first and the longest pause between two attempts to connect, before jitter.
    static let retry: ClosedRange<Duration> = .milliseconds(50)...(.milliseconds(1000))
    /// How long a bind retries while its address is in use by a process that is exiting.
    static let bindTimeout: Duration = .milliseconds(1000)
    /// The longest pause before a frame that libzmq refused is offered again.
    static let resend: Duration = .milliseconds(10)
    /// How long a closed socket keeps sending what libzmq has queued.
    static let linger: Duration = .seconds(1)
}
