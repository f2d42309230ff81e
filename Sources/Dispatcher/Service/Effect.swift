import Messages

/// What is sent to a device once the batch that decided it is on disk.
enum Effect: Sendable, Equatable {
    /// Run this attempt, unless that has changed.
    case assign(AttemptID)
    /// Stop this attempt. `discard`: its events are of no interest.
    case stop(AttemptID, QueueKey, discard: Bool)
    /// Send this attempt's events again from here.
    case resync(AttemptID, QueueKey, from: UInt64)
    /// A permission request of this name is on disk.
    case recorded(AttemptID, QueueKey, request: String)
    /// This is the answer to a permission request.
    case answer(Approval, QueueKey)
}
