import Metrics

/// Which number shows that a message is stale.
enum StaleKind: String {
    case epoch
    case attempt

    /// Counts a message that was refused because a newer number is known.
    func count() {
        Counter(label: "executor_stale_messages", dimensions: [("kind", rawValue)]).increment()
    }
}
