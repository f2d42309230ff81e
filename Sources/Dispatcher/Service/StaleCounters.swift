import Metrics
import Synchronization

/// Counts messages and commits that were refused as stale, by kind; also the metric `dispatcher_stale{kind}`. A few of
/// each are normal after a reconnect or a restart; many mean that a peer does not update its state.
final class StaleCounters: Sendable {
    /// The number that was stale.
    enum Kind: String, CaseIterable, Sendable {
        /// A message of an attempt that was replaced, has ended or is unknown.
        case attempt
        /// A session was opened or closed after a newer one of its device.
        case generation
        /// A message from a connection that is not the device's current one.
        case session
        /// A commit of this process after another one took the lead.
        case epoch
    }

    private let counts = Mutex<[Kind: Int]>([:])
    private let counters: [Kind: Counter]

    init() {
        counters = Dictionary(
            uniqueKeysWithValues: Kind.allCases.map {
                ($0, Counter(label: "dispatcher_stale", dimensions: [("kind", $0.rawValue)]))
            })
    }

    /// Counts one.
    func count(_ kind: Kind) {
        counts.withLock { $0[kind, default: 0] += 1 }
        counters[kind]?.increment()
    }

    /// Returns how many of a kind were counted.
    subscript(kind: Kind) -> Int { counts.withLock { $0[kind] ?? 0 } }
}
