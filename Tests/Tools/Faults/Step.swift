/// A step of a task at which a fault is injected.
enum Step: String, CaseIterable, Sendable {
    /// The request has been sent.
    case submitting
    /// The request has been answered.
    case accepted
    /// The task is assigned to a device.
    case assigned
    /// The task's process runs.
    case running
    /// Half of the output has arrived.
    case midstream
    /// All output has arrived, the end has not.
    case finishing
    /// The end has arrived.
    case ended

    /// Whether a submission has reached this step.
    func isReached(by submission: Submission) -> Bool {
        guard self != .submitting else { return true }
        guard let follower = submission.follower else { return submission.refusal != nil }
        if follower.isDone { return true }
        switch self {
        case .submitting, .accepted: return true
        case .assigned: return follower.events.contains { $0.state == "assigned" || $0.state == "running" }
        case .running: return follower.events.contains { $0.state == "running" }
        case .midstream: return follower.text.contains(submission.job.middle)
        case .finishing: return follower.text.contains(submission.job.last)
        case .ended: return false
        }
    }
}
