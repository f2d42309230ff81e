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
}
