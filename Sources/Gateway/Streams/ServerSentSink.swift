import HTTPTypes
import Hummingbird
import Messages

/// A stream as server-sent events: the body of an answer that runs until the task or the connection ends.
struct ServerSentSink: EventSink {
    private var writer: any ResponseBodyWriter
    private let rules: Rules

    /// What does not change while it runs.
    struct Rules: Sendable {
        /// How often it shows that it is alive.
        var heartbeat: Duration
        /// Whether its token has been revoked or is over since. Asked with each batch; a leader sends an empty one
        /// every second when nothing happens.
        var isRefused: @Sendable () -> Bool
    }

    /// The answer to `request`.
    static func response(of stream: EventStream, to request: Request, rules: Rules) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close",
                // nginx would keep the events until its buffer is full.
                .xAccelBuffering: "no",
            ],
            body: ResponseBody { writer in
                var sink = ServerSentSink(writer: writer, rules: rules)
                // Cancels at the client's disconnect, and with the task its subscription.
                try? await request.body.consumeWithCancellationOnInboundClose { _ in
                    // At once, so that the client and every proxy see that it has begun.
                    try await sink.beat()
                    _ = try await stream.run(into: &sink)
                }
                try await sink.writer.finish(nil)
            })
    }

    var credit: UInt32 { GatewayLimits.streamCredit }
    var heartbeat: Duration? { rules.heartbeat }
    var room: ViewerRoom? { nil }
    var isRefused: Bool { rules.isRefused() }

    mutating func write(_ events: [Event], bytes: Int) async throws {
        if !events.isEmpty { try await writer.write(EventFormat.stream(events)) }
    }

    mutating func beat() async throws { try await writer.write(EventFormat.heartbeat) }

    /// Its credit is its bound: there is no overrun.
    func waitForRoom() async throws {}
}

extension HTTPField.Name {
    static var xAccelBuffering: HTTPField.Name { fixed("X-Accel-Buffering") }
}
