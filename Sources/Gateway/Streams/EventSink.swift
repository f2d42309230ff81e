import Messages

/// Writes a stream's events to one viewer, in one format.
protocol EventSink {
    /// How many batches may be in flight to it.
    var credit: UInt32 { get }
    /// The interval of its heartbeats; nil = its connection has its own.
    var heartbeat: Duration? { get }
    /// Bounds what is held for its viewer; nil = the credit is bound enough.
    var buffer: ViewerBuffer? { get }
    /// Whether the viewer's token has expired or was revoked.
    var isRefused: Bool { get }
    /// Writes events that hold this many bytes of ``buffer``; returns when more may come.
    mutating func write(_ events: [Event], bytes: Int) async throws
    /// Writes a heartbeat.
    mutating func beat() async throws
    /// Returns when ``buffer`` has space again after an overrun.
    func waitForSpace() async throws
}
