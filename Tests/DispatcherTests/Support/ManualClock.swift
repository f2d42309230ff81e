import Messages
import Synchronization

@testable import Dispatcher

/// A clock that moves only when a test moves it.
final class ManualClock: Sendable {
    private let passed = Mutex<Int64>(0)
    private let start = Timestamp(milliseconds: 1_780_000_000_000)

    var clock: DispatcherClock {
        DispatcherClock(wall: { self.now }, monotonic: { self.passed.withLock { $0 } })
    }

    var now: Timestamp { start.adding(seconds: Double(passed.withLock { $0 }) / 1000) }

    /// Returns this clock with another one for the lease.
    func clock(lease: ManualClock) -> DispatcherClock {
        var clock = clock
        clock.lease = { lease.passed.withLock { $0 } }
        return clock
    }

    func advance(_ seconds: Double) { passed.withLock { $0 += Int64(seconds * 1000) } }
}
