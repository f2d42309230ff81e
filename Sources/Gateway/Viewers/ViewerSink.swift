import Messages
import NIOCore

/// Writes the messages of one subscription to its viewer's WebSocket, in turn with the viewer's other subscriptions.
struct SubscriptionWriter: Sendable {
    /// The subscription's id.
    let id: String
    let buffer: ViewerBuffer
    /// Writes messages whose turn it is and that hold this many bytes of ``buffer``.
    let write: @Sendable (_ messages: [ByteBuffer], _ bytes: Int) -> Void

    /// Waits for its turn, then writes messages that hold this many bytes of ``buffer``.
    func write(_ messages: [ByteBuffer], bytes: Int) async throws {
        try await buffer.waitForTurn(bytes)
        write(messages, bytes)
    }
}

/// Writes a task's events as messages of a viewer's WebSocket.
struct ViewerSink: EventSink {
    private let writer: SubscriptionWriter
    /// The subscription's id as JSON.
    private let id: String

    init(_ writer: SubscriptionWriter) {
        self.writer = writer
        id = String(buffer: JSONBody.encode(writer.id))
    }

    var credit: UInt32 { GatewayLimits.viewerCredit }
    /// The WebSocket's pings keep the connection alive.
    var heartbeat: Duration? { nil }
    var buffer: ViewerBuffer? { writer.buffer }
    /// The WebSocket checks its token itself.
    var isRefused: Bool { false }

    mutating func write(_ events: [Event], bytes: Int) async throws {
        guard !events.isEmpty else { return writer.buffer.release(bytes) }
        try await writer.write(events.map { EventFormat.message($0, id: id) }, bytes: bytes)
    }

    func beat() {}

    func waitForSpace() async throws { try await writer.buffer.waitForSpace() }
}
