import Messages

/// A message to an executor, sent after the commit of the batch that decided it.
enum Effect: Sendable, Equatable {
    /// Run this attempt, unless that has changed.
    case assign(AttemptID)
    /// Stop this attempt. `discard`: also drop its events.
    case stop(AttemptID, WorkerID, discard: Bool)
    /// Send this attempt's events again from this attempt_seq.
    case resync(AttemptID, WorkerID, from: UInt64)
    /// The permission request of this name is on disk.
    case recorded(AttemptID, WorkerID, request: String)
    /// End the background work of this attempt, unless that has changed.
    case wrapUp(AttemptID)
    /// Give a person's message to this attempt, unless it is answered.
    case steer(MessageID)
    /// The size of this attempt's pseudo-terminal.
    case resize(AttemptID)
    /// The answer to a permission request.
    case answer(ApprovalRecord, WorkerID)

    /// The task that it is about; nil = that of a message, which its turn has taken already.
    var task: TaskID? {
        switch self {
        case .assign(let attempt), .stop(let attempt, _, _), .resync(let attempt, _, _), .recorded(let attempt, _, _),
            .wrapUp(let attempt), .resize(let attempt):
            attempt.task
        case .answer(let approval, _): approval.attempt.task
        case .steer: nil
        }
    }
}
