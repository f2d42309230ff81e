import HTTPTypes
import Hummingbird
import Messages

/// Writes a stream as server-sent events: the body of an answer that ends with the task or the connection.
struct ServerSentSink: EventSink {
    private var writer: any ResponseBodyWriter
    private let rules: Rules

    /// The fixed settings of a stream.
    struct Rules: Sendable {
        /// The interval of heartbeats.
        var heartbeat: Duration
        /// Whether the token has expired or was revoked. Checked with each batch; a leader sends an empty one every
        /// second when nothing happens.
        var isRefused: @Sendable () -> Bool
    }

    /// The answer to `request`.
    static func response(of stream: EventStream, to request: Request, rules: Rules) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close",
                // Without this field nginx holds events back until its buffer is full.
                .xAccelBuffering: "no",
            ],
            body: ResponseBody { writer in
                var sink = ServerSentSink(writer: writer, rules: rules)
                // A disconnect of the client cancels this task and with it the subscription.
                try? await request.body.consumeWithCancellationOnInboundClose { _ in
                    // At once, so that the client and every proxy see that the stream has begun.
                    try await sink.beat()
                    _ = try await stream.run(into: &sink)
                }
                try await sink.writer.finish(nil)
            })
    }

    var credit: UInt32 { GatewayLimits.streamCredit }
    var heartbeat: Duration? { rules.heartbeat }
    var buffer: ViewerBuffer? { nil }
    var isRefused: Bool { rules.isRefused() }

    mutating func write(_ events: [Event], bytes: Int) async throws {
        if !events.isEmpty { try await writer.write(EventFormat.stream(events)) }
    }

    mutating func beat() async throws { try await writer.write(EventFormat.heartbeat) }

    /// There is no overrun: the credit is the bound.
    func waitForSpace() async throws {}
}

extension HTTPField.Name {
    static var xAccelBuffering: HTTPField.Name { fixed("X-Accel-Buffering") }
}
