import Messages

/// What the dispatcher waits for.
enum DeadlineKey: Hashable, Sendable {
    /// An assign is unanswered: send it again.
    case assign(TaskID)
    /// A stop is unconfirmed: send it again.
    case stop(AttemptID)
    /// An attempt that has ended for us holds a slot of its device: stop it again.
    case free(AttemptID, QueueKey)
    /// A stop is unconfirmed: it counts all the same.
    case cancel(TaskID)
    /// Its device has been away for as long as the task lets it.
    case grace(TaskID)
    /// A task has waited for as long as it may.
    case expiry(TaskID)
    /// Half of the time of an attempt is over, or all of it.
    case limit(TaskID)
    /// An attempt may have been silent for half of the time that is allowed, or for all of it.
    case idle(TaskID)
    /// A permission request was not answered, or its answer was not confirmed.
    case approval(AttemptID, String)
    /// A session has not reported: it gets work all the same.
    case report(QueueKey)
    /// Places in a queue have moved and were not told yet.
    case positions(QueueKey)
    /// Viewers without news.
    case keepalive
    /// Expired idempotency keys.
    case sweep
    /// Tasks that ended long ago.
    case retention
    /// The watch of the registry's devices ended: watch again.
    case watch
    /// The registry has not taken our announcement: say it again.
    case announce
    /// Who waits for the first snapshot of devices is let go.
    case firstSnapshot

    /// Whether it concerns peers only, and nothing that is on disk.
    var isOfTheMesh: Bool {
        switch self {
        case .keepalive, .watch, .announce, .firstSnapshot: true
        default: false
        }
    }
}
