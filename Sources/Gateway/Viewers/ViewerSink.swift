import Messages
import NIOCore

/// A task's stream as messages of a viewer's WebSocket.
struct ViewerSink: EventSink {
    let session: ViewerSession
    let subscription: ViewerState.Subscription
    private let id: String

    init(_ session: ViewerSession, _ subscription: ViewerState.Subscription) {
        self.session = session
        self.subscription = subscription
        id = String(buffer: JSONBody.encode(subscription.id))
    }

    var credit: UInt32 { GatewayLimits.viewerCredit }
    /// The WebSocket's pings do that.
    var heartbeat: Duration? { nil }
    var room: ViewerRoom? { session.room }
    /// The WebSocket looks at its token by itself.
    var isRefused: Bool { false }

    mutating func write(_ events: [Event], bytes: Int) async throws {
        guard !events.isEmpty else { return session.room.give(bytes) }
        try await session.room.turn(bytes)
        session.write(events.map { EventFormat.message($0, id: id) }, of: subscription, releasing: bytes)
    }

    func beat() {}

    func waitForRoom() async throws { try await session.room.room() }
}
