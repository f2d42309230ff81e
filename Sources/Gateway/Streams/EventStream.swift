import Logging
import Mesh
import Messages
import ServiceLifecycle

/// One viewer's live stream of one task, from a cursor to the terminal event: in order, without gaps or duplicates, and
/// only committed events. Its ``EventSink`` decides the format.
///
/// A slow viewer holds no more than the sink's credit in batches and its buffer in bytes: events beyond that are dropped
/// and read from the log later. When a leader is lost, the stream resumes from its cursor at the next one.
struct EventStream: Sendable {
    /// Why a stream has ended.
    enum End: Sendable, Equatable {
        /// The terminal event was written.
        case terminal
        /// The token has ended or the gateway stops; the connection's close gives the reason.
        case closing
        case failed(Fault)
    }

    let client: LeaderClient
    let owner: UserID
    let task: TaskID
    /// The last event that the viewer has.
    let after: UInt64
    let logger: Logger

    private var directory: ServiceDirectory { client.directory }

    /// Whether any event after the cursor exists or may still come; checked before the stream begins.
    /// - Throws: ``Fault`` `task_not_found`, `invalid_request` for a cursor after the task's last event, `unavailable`.
    func hasMore(trace: TraceID) async throws -> Bool {
        let view = try await client.askLeader(of: owner, TaskGet(owner: owner, task: task), trace: trace)
        try Self.check(after, against: view)
        return !view.state.isTerminal || after < view.lastSeq
    }

    /// - Throws: ``Fault`` `invalid_request` for a cursor after the task's last event.
    static func check(_ after: UInt64, against view: TaskView) throws {
        guard after > view.lastSeq else { return }
        throw Fault(
            .invalidRequest,
            "task \(view.id) has no event \(after) yet: its last one is \(view.lastSeq); continue after that")
    }

    /// Writes events until the stream ends.
    /// - Throws: what the sink throws; `CancellationError`.
    func run(into sink: inout some EventSink) async throws -> End {
        var cursor = after
        while true {
            guard let leader = try await leader(&sink) else {
                return .failed(Fault(.unavailable, "no dispatcher can be reached at the moment; try again"))
            }
            switch try await follow(leader, &cursor, &sink) {
            case .ended(let end): return end
            case .overrun: try await sink.waitForSpace()
            case .interrupted:
                // A pause, so that a leader that refuses at once is not asked in a loop.
                await directory.change(after: directory.version, until: .now + GatewayLimits.streamPause)
            }
        }
    }

    /// How one subscription has ended.
    private enum SubscriptionEnd {
        case ended(End)
        /// Resume when there is space.
        case overrun
        /// Resume at the present leader.
        case interrupted
    }

    private func follow(
        _ leader: Peer, _ cursor: inout UInt64, _ sink: inout some EventSink
    ) async throws -> SubscriptionEnd {
        let feed = EventFeed(
            leader, EventsSubscribe(owner: owner, task: task, after: cursor), heartbeat: sink.heartbeat,
            credit: sink.credit, buffer: sink.buffer)
        defer { feed.cancel() }
        // A viewer reconnects by itself, so the gateway's stop does not wait for the stream.
        return try await withGracefulShutdownHandler {
            try await write(feed, &cursor, &sink)
        } onGracefulShutdown: {
            feed.stop()
        }
    }

    private func write(
        _ feed: EventFeed, _ cursor: inout UInt64, _ sink: inout some EventSink
    ) async throws -> SubscriptionEnd {
        for await step in feed.steps {
            if sink.isRefused { return .ended(.closing) }
            switch step {
            case .beat: try await sink.beat()
            case .batch(let batch, let bytes):
                let fresh = batch.events.filter { $0.seq > cursor }
                guard isNext(fresh, after: cursor) else { return .interrupted }
                feed.handOver(bytes)
                try await sink.write(fresh, bytes: bytes)
                if let last = fresh.last {
                    cursor = last.seq
                    if last.flags.contains(.terminal) { return .ended(.terminal) }
                }
                feed.grant()
            case .overrun: return .overrun
            case .stopped: return .ended(.closing)
            case .ended(nil): return .ended(.terminal)
            case .ended(let fault?):
                guard [.peerLost, .notLeader, .unavailable, .creditExceeded].contains(fault.code) else {
                    logger.warning("stream refused", metadata: ["task": "\(task)", "code": "\(fault.code)"])
                    return .ended(.failed(fault))
                }
                return .interrupted
            }
        }
        // The sequence ends without a last step only when this task is cancelled.
        throw CancellationError()
    }

    private func isNext(_ events: [Event], after cursor: UInt64) -> Bool {
        guard let first = events.first, first.seq != cursor + 1 else { return true }
        logger.critical(
            "events are missing in a stream",
            metadata: ["task": "\(task)", "after": "\(cursor)", "next": "\(first.seq)"])
        return false
    }

    /// The leader, as soon as it is connected; nil after ``GatewayLimits/streamLeader`` without one.
    private func leader(_ sink: inout some EventSink) async throws -> Peer? {
        let end = ContinuousClock.now + GatewayLimits.streamLeader
        while ContinuousClock.now < end {
            try Task.checkCancellation()
            let version = directory.version
            if let (peer, _) = directory.leader(of: owner) { return peer }
            await directory.change(after: version, until: sink.heartbeat.map { min(.now + $0, end) } ?? end)
            try await sink.beat()
        }
        return nil
    }
}
