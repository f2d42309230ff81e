import Mesh
import Messages
import Synchronization

/// A subscription to a task's events and the stream's heartbeat, as one sequence. It keeps no more than the credit
/// that was given and the room that its viewer has, and a beat a time.
final class EventFeed: Sendable {
    enum Step: Sendable {
        /// Some events, or none when there are none, which hold so many bytes of the viewer's room.
        case batch(EventBatch, bytes: Int)
        /// Events came for which there was no room; they were let go, to be read from the log again.
        case overrun
        /// Time to show a sign of life.
        case beat
        /// The gateway stops.
        case stopped
        /// The last step.
        case ended(Fault?)
    }

    /// What one event costs beside its payload: its JSON around it and its place in memory.
    private static let overhead = 256

    let steps: AsyncStream<Step>
    private let subscription: Subscription
    private let beats: Task<Void, Never>?
    private let source: AsyncStream<Step>.Continuation
    private let hold: Hold

    init(_ leader: Peer, _ subscribe: EventsSubscribe, heartbeat: Duration?, credit: UInt32, room: ViewerRoom?) {
        let (steps, source) = AsyncStream.makeStream(of: Step.self)
        let hold = Hold(room)
        self.steps = steps
        self.source = source
        self.hold = hold
        subscription = leader.subscribe(subscribe, credit: credit) { batch in
            let bytes = batch.events.reduce(0) { $0 + $1.payload.count + Self.overhead }
            source.yield(hold.take(bytes) ? .batch(batch, bytes: bytes) : .overrun)
        } onEnd: { fault in
            source.yield(.ended(fault))
            source.finish()
        }
        beats = heartbeat.map { heartbeat in
            Task {
                while (try? await Task.sleep(for: heartbeat)) != nil { source.yield(.beat) }
            }
        }
    }

    /// A batch's bytes are its reader's business from now on.
    func handOver(_ bytes: Int) { hold.handOver(bytes) }

    /// Allows one more batch.
    func grant() { subscription.grant(1) }

    /// Makes this the last step: the gateway stops.
    func stop() {
        source.yield(.stopped)
        source.finish()
    }

    /// Ends the subscription.
    func cancel() {
        beats?.cancel()
        subscription.cancel()
        source.finish()
        hold.close()
    }

    /// The bytes of batches that have come and were not handed over yet.
    private final class Hold: Sendable {
        private let room: ViewerRoom?
        private let state = Mutex((bytes: 0, closed: false))

        init(_ room: ViewerRoom?) { self.room = room }

        func take(_ bytes: Int) -> Bool {
            guard let room, bytes > 0 else { return true }
            return state.withLock { state in
                guard !state.closed, room.take(bytes) else { return false }
                state.bytes += bytes
                return true
            }
        }

        func handOver(_ bytes: Int) { if room != nil { state.withLock { $0.bytes -= bytes } } }

        func close() {
            let bytes = state.withLock { state in
                state.closed = true
                defer { state.bytes = 0 }
                return state.bytes
            }
            room?.give(bytes)
        }
    }
}
