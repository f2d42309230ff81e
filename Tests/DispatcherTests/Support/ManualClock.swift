import Messages
import Synchronization

@testable import Dispatcher

/// Time that stands still until a test lets it pass.
final class ManualClock: Sendable {
    private let passed = Mutex<Int64>(0)
    private let start = Timestamp(milliseconds: 1_780_000_000_000)

    var clock: DispatcherClock {
        DispatcherClock(wall: { self.now }, monotonic: { self.passed.withLock { $0 } })
    }

    var now: Timestamp { start.adding(seconds: Double(passed.withLock { $0 }) / 1000) }

    /// The same time, as that of the lease too.
    func clock(lease: ManualClock) -> DispatcherClock {
        var clock = clock
        clock.lease = { lease.passed.withLock { $0 } }
        return clock
    }

    func advance(_ seconds: Double) { passed.withLock { $0 += Int64(seconds * 1000) } }
}
