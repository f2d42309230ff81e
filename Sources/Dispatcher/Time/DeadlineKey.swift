import Messages

/// What the service does at a time.
enum DeadlineKey: Hashable, Sendable {
    /// Repeat an unanswered assign.
    case assign(TaskID)
    /// Repeat an unconfirmed stop.
    case stop(AttemptID)
    /// Repeat the stop of an ended attempt that still has a slot.
    case freeSlot(AttemptID, WorkerID)
    /// Count a stop as done although it is unconfirmed.
    case cancel(TaskID)
    /// End the grace of a task while its device is away.
    case grace(TaskID)
    /// ``TaskAlarm/expiry``
    case expiry(TaskID)
    /// ``TaskAlarm/limit``
    case limit(TaskID)
    /// ``TaskAlarm/idle``
    case idle(TaskID)
    /// ``TaskAlarm/reset``
    case reset(TaskID)
    /// Repeat the order to end background work.
    case wrapUp(TaskID)
    /// Repeat a person's message to a running turn, or give it up.
    case steer(MessageID)
    /// Expire a permission request, or repeat its unconfirmed answer.
    case approval(AttemptID, String)
    /// Count a session as reported although no report has come.
    case report(WorkerID)

    init(_ alarm: TaskAlarm, of task: TaskID) {
        switch alarm {
        case .expiry: self = .expiry(task)
        case .limit: self = .limit(task)
        case .idle: self = .idle(task)
        case .reset: self = .reset(task)
        }
    }
}
