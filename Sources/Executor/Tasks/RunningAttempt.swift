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
        /// Because its stream has an end before its time; why.
        case broken(Fault)
        /// Because the executor itself stops.
        case shutdown
    }

    let conversation: ConversationID
    /// Where it runs; empty until that is found.
    var directory = ""
    /// Seconds without a leader after which it ends itself; 0 = never.
    let lease: Double
    /// When its process was there; nil before.
    var startedAt: Timestamp?
    var run: (any AgentRun)?
    /// Set once it is to end.
    var stop: Stop?
    /// Seconds between the polite signal and the kill, once it is to end.
    var grace: Double = 5
    /// Something that it said is lost. Nothing may follow, or the stream would have a hole that nobody can see.
    var isCut = false

    /// Whether what the agent says is taken.
    /// - Parameters:
    ///   - unacked: bytes of it that are on this disk only.
    ///   - bound: how many of them pause it.
    mutating func takes(unacked: Int, bound: Int) -> Bool {
        if stop == .requested(discard: true) || isCut { return false }
        if stop != nil, unacked >= bound + ExecutorLimits.spoolAfterStop { isCut = true }
        return !isCut
    }

    /// The verdict on an agent's outcome, on the device of this name.
    func judge(_ outcome: Outcome, on device: String) -> Outcome {
        if case .broken(let fault) = stop { return Outcome(state: .failed, fault: fault, exitCode: outcome.exitCode) }
        guard let stop else { return outcome }
        // What was finished before the stop reached it is finished, when all of it was taken.
        if outcome.state == .completed, !isCut { return outcome }
        switch stop {
        case .requested: return Outcome(state: .cancelled, fault: nil, exitCode: outcome.exitCode)
        case .storage(let why): return storageFailed(why, outcome, device)
        case .lease, .shutdown, .broken:
            if outcome.state == .completed { return storageFailed("there was too much after its end", outcome, device) }
            return ended(stop, outcome, device)
        }
    }

    private func storageFailed(_ why: String, _ outcome: Outcome, _ device: String) -> Outcome {
        .failed(.storageFailed, "\(device) cannot keep the task's output: \(why)", exitCode: outcome.exitCode)
    }

    private func ended(_ stop: Stop, _ outcome: Outcome, _ device: String) -> Outcome {
        if stop == .lease {
            return .failed(
                .deviceDisconnected, "\(device) heard nothing from the service for too long and ended the task",
                exitCode: outcome.exitCode)
        }
        return .failed(
            .executorRestarted, "the executor on \(device) was stopped while the task ran", exitCode: outcome.exitCode)
    }
}
