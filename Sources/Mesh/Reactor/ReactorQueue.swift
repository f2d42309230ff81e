/// The work that threads submit to the reactor; a value under the reactor's lock.
struct ReactorQueue {
    /// One thing to do on the reactor.
    enum Item {
        case job(UnownedJob)
        case work(@Sendable () -> Void)
        /// A frame to send, without the cost of a closure.
        case frame(FrameSender, Frame)
    }

    enum Phase { case running, stopping, stopped }

    var items: [Item] = []
    var phase = Phase.running
    /// Whether the thread sleeps or is about to, and must be woken.
    var isParked = false
    /// Whether there is a thread. After the stop, a late job starts a short-lived one.
    var hasThread = false
    /// How long closing sockets may keep sending at the stop.
    var linger = MeshBounds.linger
    /// Callers of `shutdown`.
    var shutdownWaiters: [CheckedContinuation<Void, Never>] = []

    /// Marks the thread as awake; true when the caller must raise the signal.
    mutating func unpark() -> Bool {
        defer { isParked = false }
        return isParked
    }
}
