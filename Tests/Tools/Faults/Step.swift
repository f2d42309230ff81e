/// A step of a task's life at which something is made to happen.
enum Step: String, CaseIterable, Sendable {
    /// The request is on its way.
    case submitting
    /// It was answered.
    case accepted
    /// A device has got it.
    case assigned
    /// Its process runs.
    case running
    /// Half of its output is there.
    case midstream
    /// All of its output is there, its end is not.
    case finishing
    /// Its end is there.
    case ended

    /// Whether a task has come so far.
    func isReached(by order: Order) -> Bool {
        guard self != .submitting else { return true }
        guard let follower = order.follower else { return order.refused != nil }
        if follower.isDone { return true }
        switch self {
        case .submitting, .accepted: return true
        case .assigned: return follower.events.contains { $0.state == "assigned" || $0.state == "running" }
        case .running: return follower.events.contains { $0.state == "running" }
        case .midstream: return follower.text.contains(order.job.middle)
        case .finishing: return follower.text.contains(order.job.last)
        case .ended: return false
        }
    }
}
