import Mesh
import Messages

/// What goes out to executors, through the gateways that have their sessions. A message to a device that is away is
/// not sent: its session's return brings it about again.
extension DispatcherService {
    /// Carries out an effect.
    func send(_ effect: Effect) {
        switch effect {
        case .assign(let attempt): assign(attempt)
        case .stop(let attempt, let key, let discard):
            notify(
                key,
                TaskStop(
                    task: attempt.task, attempt: attempt.attempt, epoch: store.epoch,
                    graceS: configuration.stopGraceS, discard: discard))
        case .resync(let attempt, let key, let from):
            notify(key, EventsResync(task: attempt.task, attempt: attempt.attempt, from: from))
        case .recorded(let attempt, let key, let request):
            notify(key, ApprovalRecorded(task: attempt.task, attempt: attempt.attempt, request: request))
        case .answer(let approval, let key):
            if let answer = approval.answer(epoch: store.epoch) { notify(key, answer) }
        }
    }

    /// Acknowledges what is on disk.
    func send(_ acks: [AttemptID: UInt64], to key: QueueKey) {
        notify(key, EventsAck(acks: acks.map { AttemptAck(task: $0.task, attempt: $0.attempt, seq: $1) }))
    }

    func notify<M: Message>(_ key: QueueKey, _ message: M) {
        guard let ref = fleet.places[key]?.session?.ref, let gateway = gateways[ref.gateway] else { return }
        gateway.send(message, session: ref.number)
    }
}
