import HTTPTypes
import Hummingbird
import Logging
import Mesh
import Messages
import ServiceLifecycle

/// One viewer's live stream of one task: server-sent events from a cursor to the terminal event.
///
/// A slow viewer costs ``GatewayLimits/streamCredit`` batches: the leader sends no more until some are written.
/// When a leader is lost the stream goes on with the next one, from the cursor, and the viewer notices a pause.
struct EventStream: Sendable {
    let directory: MeshDirectory
    let owner: UserID
    let task: TaskID
    /// The last event the viewer has.
    let after: UInt64
    /// How often it shows that it is alive.
    let heartbeat: Duration
    /// Whether its token has been revoked or is over since. Asked with each batch; a leader sends an empty one every
    /// second when nothing happens.
    let isRefused: @Sendable () -> Bool
    let logger: Logger

    /// The answer, which runs until the task or the connection ends.
    func response(to request: Request) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close",
                // nginx would keep the events until its buffer is full.
                .xAccelBuffering: "no",
            ],
            body: ResponseBody { writer in
                // Cancels at the client's disconnect, and with the task its subscription.
                try? await request.body.consumeWithCancellationOnInboundClose { _ in
                    try await run(&writer)
                }
                try await writer.finish(nil)
            })
    }

    private func run(_ writer: inout any ResponseBodyWriter) async throws {
        // At once, so that the client and every proxy see that it has begun.
        try await writer.write(EventFormat.heartbeat)
        var cursor = after
        while true {
            guard let leader = try await leader(&writer) else { return }
            if try await follow(leader, &cursor, &writer) { return }
            // A leader that refuses at once must not be asked in a loop.
            await directory.change(after: directory.version, until: .now + GatewayLimits.streamPause)
        }
    }

    /// Passes on events until the stream ends for good (true) or has to be taken up again (false).
    private func follow(
        _ leader: Peer, _ cursor: inout UInt64, _ writer: inout any ResponseBodyWriter
    ) async throws -> Bool {
        let feed = EventFeed(leader, EventsSubscribe(owner: owner, task: task, after: cursor), heartbeat: heartbeat)
        defer { feed.cancel() }
        // A viewer comes back by itself; the gateway's stop does not wait for it.
        return try await withGracefulShutdownHandler {
            try await pass(feed, &cursor, &writer)
        } onGracefulShutdown: {
            feed.end()
        }
    }

    private func pass(
        _ feed: EventFeed, _ cursor: inout UInt64, _ writer: inout any ResponseBodyWriter
    ) async throws -> Bool {
        for await step in feed.steps {
            if isRefused() { return true }
            switch step {
            case .beat:
                try await writer.write(EventFormat.heartbeat)
            case .batch(let batch):
                let fresh = batch.events.filter { $0.seq > cursor }
                if let first = fresh.first, let last = fresh.last {
                    guard first.seq == cursor + 1 else {
                        logger.critical(
                            "events are missing in a stream",
                            metadata: ["task": "\(task)", "after": "\(cursor)", "next": "\(first.seq)"])
                        return false
                    }
                    try await writer.write(EventFormat.stream(fresh))
                    cursor = last.seq
                    if last.flags.contains(.terminal) { return true }
                }
                feed.grant()
            case .ended(nil):
                return true
            case .ended(let fault?):
                guard [.peerLost, .notLeader, .unavailable, .creditExceeded].contains(fault.code) else {
                    logger.warning("stream refused", metadata: ["task": "\(task)", "code": "\(fault.code)"])
                    return true
                }
                return false
            }
        }
        // The sequence ends without a step only when this task is cancelled.
        throw CancellationError()
    }

    /// The leader, waited for; nil when there was none for ``GatewayLimits/streamLeader``.
    private func leader(_ writer: inout any ResponseBodyWriter) async throws -> Peer? {
        let end = ContinuousClock.now + GatewayLimits.streamLeader
        while ContinuousClock.now < end {
            try Task.checkCancellation()
            let version = directory.version
            if let (peer, _) = directory.leader(of: owner) { return peer }
            await directory.change(after: version, until: min(.now + heartbeat, end))
            try await writer.write(EventFormat.heartbeat)
        }
        return nil
    }
}

extension HTTPField.Name {
    static var xAccelBuffering: HTTPField.Name { fixed("X-Accel-Buffering") }
}
