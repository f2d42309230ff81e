/// What other threads have handed to the reactor; a value under the reactor's lock.
struct Inbox {
    /// One thing to do on the reactor.
    enum Item {
        case job(UnownedJob)
        case work(@Sendable () -> Void)
        /// A message to send, without the cost of a closure.
        case frame(Peer, Frame)
    }

    /// How far the reactor's life has gone.
    enum Phase { case running, stopping, stopped }

    var items: [Item] = []
    var phase = Phase.running
    /// Whether the thread sleeps (or is about to) and must be woken.
    var parked = false
    /// Whether there is a thread. After the end a late job brings a short-lived one.
    var threaded = false
    /// How long sockets may go on sending when they are closed for the end.
    var linger = MeshBounds.linger
    /// Those who wait for the end.
    var waiters: [CheckedContinuation<Void, Never>] = []
}
