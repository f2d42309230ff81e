import Metrics
import Synchronization

/// What was refused because something newer is there: the sum of each kind, also given to swift-metrics as
/// `dispatcher_stale{kind}`. A few of each are normal after a reconnect or a restart; many are a sign of something that
/// does not learn.
final class StaleCounters: Sendable {
    /// By which number it was refused.
    enum Kind: String, CaseIterable, Sendable {
        /// Output, an answer or a verdict of an attempt that was replaced, has ended or is not known.
        case attempt
        /// A device's session was opened or closed after a newer one.
        case generation
        /// Something from an executor's connection that is not the device's present one.
        case session
        /// Our own commit, after another process has taken the lead.
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

    /// Counts one that was refused.
    func count(_ kind: Kind) {
        counts.withLock { $0[kind, default: 0] += 1 }
        counters[kind]?.increment()
    }

    /// How many of a kind were refused so far.
    subscript(kind: Kind) -> Int { counts.withLock { $0[kind] ?? 0 } }
}
