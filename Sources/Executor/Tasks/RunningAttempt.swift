import Messages

/// An attempt that holds a slot.
struct RunningAttempt {
    enum Stop: Equatable {
        /// By the leader: a cancel, or an attempt that was replaced; `discard` = nobody wants its events.
        case requested(discard: Bool)
        /// Because no leader was heard for too long.
        case lease
        /// Because its events cannot be kept on disk; why.
        case storage(String)
        /// Because the leader has lost what it had acked.
        case broken
        /// Because the executor itself stops.
        case shutdown
    }

    let conversation: ConversationID
    let directory: String
    /// Seconds without a leader after which it ends itself; 0 = never.
    let lease: Double
    /// When its process was there; nil before.
    var startedAt: Timestamp?
    var run: (any AgentRun)?
    /// Set once it is to end.
    var stop: Stop?
    /// Seconds between the polite signal and the kill, once it is to end.
    var grace: Double = 5
}
