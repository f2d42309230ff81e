import Synchronization

/// When a link last brought something: written on its event loop, read from any thread.
final class LastHeard: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var value: ContinuousClock.Instant { instant.withLock { $0 } }

    func now() { instant.withLock { $0 = .now } }
}
