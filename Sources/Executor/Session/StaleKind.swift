import Metrics

/// By which number a message was found to be of yesterday (ARCHITECTURE section 4, fencing).
enum StaleKind: String {
    case epoch
    case attempt
}

extension ExecutorService {
    /// Counts a message that was refused because a newer number is known.
    func countStale(_ kind: StaleKind) {
        Counter(label: "executor_stale_messages", dimensions: [("kind", kind.rawValue)]).increment()
    }
}
