import Mesh
import Messages

/// A subscription to a task's events and the stream's heartbeat, as one sequence. It keeps no more than the credit
/// that was given, and a beat a time.
final class EventFeed: Sendable {
    enum Step: Sendable {
        /// Some events, or none when there are none.
        case batch(EventBatch)
        /// Time to show a sign of life.
        case beat
        /// The last step.
        case ended(Fault?)
    }

    let steps: AsyncStream<Step>
    private let subscription: Subscription
    private let beats: Task<Void, Never>
    private let source: AsyncStream<Step>.Continuation

    init(_ leader: Peer, _ subscribe: EventsSubscribe, heartbeat: Duration) {
        let (steps, source) = AsyncStream.makeStream(of: Step.self)
        self.steps = steps
        self.source = source
        subscription = leader.subscribe(subscribe, credit: GatewayLimits.streamCredit) { batch in
            source.yield(.batch(batch))
        } onEnd: { fault in
            source.yield(.ended(fault))
            source.finish()
        }
        beats = Task {
            while (try? await Task.sleep(for: heartbeat)) != nil { source.yield(.beat) }
        }
    }

    /// Allows one more batch.
    func grant() { subscription.grant(1) }

    /// Makes this the last step.
    func end() {
        source.yield(.ended(nil))
        source.finish()
    }

    /// Ends the subscription.
    func cancel() {
        beats.cancel()
        subscription.cancel()
        source.finish()
    }
}
