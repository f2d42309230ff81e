import Logging
import Mesh
import Messages
import ServiceLifecycle

/// One viewer's live stream of one task, from a cursor to the terminal event: in order, without gap or double, and
/// nothing before its commit. How it is written is its ``EventSink``'s business.
///
/// A slow viewer costs the sink's credit in batches, and no more than its room: what does not fit is let go and read
/// from the log later. When a leader is lost the stream goes on with the next one, from the cursor, and the
/// viewer notices a pause.
struct EventStream: Sendable {
    /// Why it is over.
    enum End: Sendable, Equatable {
        /// After the terminal event.
        case terminal
        /// The viewer may not see more, or the gateway stops; its connection is told elsewhere.
        case closing
        case failed(Fault)
    }

    let directory: MeshDirectory
    let owner: UserID
    let task: TaskID
    /// The last event the viewer has.
    let after: UInt64
    let logger: Logger

    /// Whether there is anything to come.
    enum Prospect: Sendable { case more, nothing }

    /// Looks at the task before the stream begins.
    /// - Throws: ``Fault`` `task_not_found`; `invalid_request` for a cursor behind the last event, which nobody can
    ///   have been given; `unavailable`.
    func prospect(trace: TraceID) async throws -> Prospect {
        let view = try await directory.ask(TaskGet(owner: owner, task: task), owner: owner, trace: trace)
        try Self.check(after, against: view)
        return view.state.isTerminal && after >= view.lastSeq ? .nothing : .more
    }

    /// - Throws: ``Fault`` `invalid_request` for a cursor that is behind the task's last event.
    static func check(_ after: UInt64, against view: TaskView) throws {
        guard after > view.lastSeq else { return }
        throw Fault(
            .invalidRequest,
            "there is no event \(after) yet: the last one of task \(view.id) is \(view.lastSeq); go on after that")
    }

    /// Passes events on until the stream is over.
    /// - Throws: what the sink throws; `CancellationError`.
    func run(into sink: inout some EventSink) async throws -> End {
        var cursor = after
        while true {
            guard let leader = try await leader(&sink) else {
                return .failed(Fault(.unavailable, "no dispatcher can be reached at the moment; try again"))
            }
            switch try await follow(leader, &cursor, &sink) {
            case .over(let end): return end
            case .overrun: try await sink.waitForRoom()
            case .again:
                // A leader that refuses at once must not be asked in a loop.
                await directory.change(after: directory.version, until: .now + GatewayLimits.streamPause)
            }
        }
    }

    private enum Turn {
        case over(End)
        case overrun, again
    }

    /// Passes on events until the stream ends for good or has to be taken up again.
    private func follow(
        _ leader: Peer, _ cursor: inout UInt64, _ sink: inout some EventSink
    ) async throws -> Turn {
        let feed = EventFeed(
            leader, EventsSubscribe(owner: owner, task: task, after: cursor), heartbeat: sink.heartbeat,
            credit: sink.credit, room: sink.room)
        defer { feed.cancel() }
        // A viewer comes back by itself; the gateway's stop does not wait for it.
        return try await withGracefulShutdownHandler {
            try await pass(feed, &cursor, &sink)
        } onGracefulShutdown: {
            feed.stop()
        }
    }

    private func pass(
        _ feed: EventFeed, _ cursor: inout UInt64, _ sink: inout some EventSink
    ) async throws -> Turn {
        for await step in feed.steps {
            if sink.isRefused { return .over(.closing) }
            switch step {
            case .beat: try await sink.beat()
            case .batch(let batch, let bytes):
                let fresh = batch.events.filter { $0.seq > cursor }
                guard isNext(fresh, after: cursor) else { return .again }
                feed.handOver(bytes)
                try await sink.write(fresh, bytes: bytes)
                if let last = fresh.last {
                    cursor = last.seq
                    if last.flags.contains(.terminal) { return .over(.terminal) }
                }
                feed.grant()
            case .overrun: return .overrun
            case .stopped: return .over(.closing)
            case .ended(nil): return .over(.terminal)
            case .ended(let fault?):
                guard [.peerLost, .notLeader, .unavailable, .creditExceeded].contains(fault.code) else {
                    logger.warning("stream refused", metadata: ["task": "\(task)", "code": "\(fault.code)"])
                    return .over(.failed(fault))
                }
                return .again
            }
        }
        // The sequence ends without a step only when this task is cancelled.
        throw CancellationError()
    }

    private func isNext(_ events: [Event], after cursor: UInt64) -> Bool {
        guard let first = events.first, first.seq != cursor + 1 else { return true }
        logger.critical(
            "events are missing in a stream",
            metadata: ["task": "\(task)", "after": "\(cursor)", "next": "\(first.seq)"])
        return false
    }

    /// The leader, waited for; nil when there was none for ``GatewayLimits/streamLeader``.
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
