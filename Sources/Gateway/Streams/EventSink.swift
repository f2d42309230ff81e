import Messages

/// Where a stream's events go: one rendering of them, for one viewer.
protocol EventSink {
    /// How many batches may be on their way to it.
    var credit: UInt32 { get }
    /// How often it shows that it is alive; nil = its connection does that by itself.
    var heartbeat: Duration? { get }
    /// What its viewer's connection may hold; nil = the credit is bound enough.
    var room: ViewerRoom? { get }
    /// Whether the viewer may not see any more, since its token is over.
    var isRefused: Bool { get }
    /// Writes events that hold so many bytes of ``room``; returns when more may come.
    mutating func write(_ events: [Event], bytes: Int) async throws
    /// Shows a sign of life.
    mutating func beat() async throws
    /// Returns when there is room again after an overrun.
    func waitForRoom() async throws
}
