import Synchronization

/// The registered simulated devices, with the time of each registration.
final class DeviceRoster: Sendable {
    private struct State {
        var registered: [Int: ContinuousClock.Instant] = [:]
        var failures = 0
    }
    private let state = Mutex(State())

    /// The number of registered devices.
    var count: Int { state.withLock { $0.registered.count } }

    /// The time of each registration.
    var times: [ContinuousClock.Instant] { state.withLock { Array($0.registered.values) } }

    /// The number of failed attempts to connect.
    var failures: Int { state.withLock { $0.failures } }

    func add(_ number: Int) { state.withLock { $0.registered[number] = .now } }
    func remove(_ number: Int) { state.withLock { $0.registered[number] = nil } }
    func recordFailure() { state.withLock { $0.failures += 1 } }
}
