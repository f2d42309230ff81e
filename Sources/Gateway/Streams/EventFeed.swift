import Mesh
import Messages
import Synchronization

/// A subscription to a task's events and the stream's heartbeat, as one sequence. It holds no more than its credit in
/// batches, no more bytes than its viewer's buffer has space for, and one heartbeat an interval.
final class EventFeed: Sendable {
    enum Step: Sendable {
        /// Events that hold this many bytes of the viewer's buffer; a leader sends an empty batch when nothing happens.
        case batch(EventBatch, bytes: Int)
        /// Events came for which there was no space; they were dropped, to be read from the log again.
        case overrun
        /// Time for a heartbeat.
        case beat
        /// The gateway stops.
        case stopped
        /// The subscription has ended; the last step.
        case ended(Fault?)
    }

    /// The cost of an event beside its payload, in bytes: the JSON around it and its place in memory.
    private static let overhead = 256

    let steps: AsyncStream<Step>
    private let subscription: Subscription
    private let heartbeats: Task<Void, Never>?
    private let source: AsyncStream<Step>.Continuation
    private let reservation: Reservation

    init(_ leader: Peer, _ subscribe: EventsSubscribe, heartbeat: Duration?, credit: UInt32, buffer: ViewerBuffer?) {
        let (steps, source) = AsyncStream.makeStream(of: Step.self)
        let reservation = Reservation(buffer)
        self.steps = steps
        self.source = source
        self.reservation = reservation
        subscription = leader.subscribe(subscribe, credit: credit) { batch in
            let bytes = batch.events.reduce(0) { $0 + $1.payload.count + Self.overhead }
            source.yield(reservation.add(bytes) ? .batch(batch, bytes: bytes) : .overrun)
        } onEnd: { fault in
            source.yield(.ended(fault))
            source.finish()
        }
        heartbeats = heartbeat.map { heartbeat in
            Task {
                while (try? await Task.sleep(for: heartbeat)) != nil { source.yield(.beat) }
            }
        }
    }

    /// Passes a batch's bytes to its reader, which releases them.
    func handOver(_ bytes: Int) { reservation.handOver(bytes) }

    /// Grants credit for one more batch.
    func grant() { subscription.grant(1) }

    /// Ends the sequence: the gateway stops.
    func stop() {
        source.yield(.stopped)
        source.finish()
    }

    /// Ends the subscription and releases the bytes of batches that were not handed over.
    func cancel() {
        heartbeats?.cancel()
        subscription.cancel()
        source.finish()
        reservation.close()
    }

    /// The bytes of the viewer's buffer that batches hold until they are handed over.
    private final class Reservation: Sendable {
        private let buffer: ViewerBuffer?
        private let state = Mutex((bytes: 0, isClosed: false))

        init(_ buffer: ViewerBuffer?) { self.buffer = buffer }

        func add(_ bytes: Int) -> Bool {
            guard let buffer, bytes > 0 else { return true }
            return state.withLock { state in
                guard !state.isClosed, buffer.reserve(bytes) else { return false }
                state.bytes += bytes
                return true
            }
        }

        func handOver(_ bytes: Int) { if buffer != nil { state.withLock { $0.bytes -= bytes } } }

        func close() {
            let bytes = state.withLock { state in
                state.isClosed = true
                defer { state.bytes = 0 }
                return state.bytes
            }
            buffer?.release(bytes)
        }
    }
}
