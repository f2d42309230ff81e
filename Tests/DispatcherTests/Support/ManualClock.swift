import Messages
import Synchronization

@testable import Dispatcher

/// A clock that moves only when a test moves it.
final class ManualClock: Sendable {
    private let passed = Mutex<Int64>(0)
    /// How far the wall clock was set forward, in seconds.
    private let step = Mutex<Double>(0)
    private let start = Timestamp(milliseconds: 1_780_000_000_000)

    var clock: DispatcherClock {
        DispatcherClock(wall: { self.now }, monotonic: { self.passed.withLock { $0 } })
    }

    var now: Timestamp {
        start.adding(seconds: Double(passed.withLock { $0 }) / 1000 + step.withLock { $0 })
    }

    /// Returns this clock with another one for the lease.
    func clock(lease: ManualClock) -> DispatcherClock {
        var clock = clock
        clock.lease = { lease.passed.withLock { $0 } }
        return clock
    }

    /// Sets the wall clock forward; the monotonic one stays.
    func setForward(_ seconds: Double) { step.withLock { $0 += seconds } }

    func advance(_ seconds: Double) { passed.withLock { $0 += Int64(seconds * 1000) } }
}
