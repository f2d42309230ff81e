import Synchronization

/// Which of the simulated devices are registered, and since when.
final class DeviceRoll: Sendable {
    private struct State {
        var present: [Int: ContinuousClock.Instant] = [:]
        var refused = 0
    }
    private let state = Mutex(State())

    /// How many are registered now.
    var count: Int { state.withLock { $0.present.count } }

    /// When each of those was registered.
    var times: [ContinuousClock.Instant] { state.withLock { Array($0.present.values) } }

    /// How many tries to connect have failed.
    var refused: Int { state.withLock { $0.refused } }

    func enter(_ number: Int) { state.withLock { $0.present[number] = .now } }
    func leave(_ number: Int) { state.withLock { $0.present[number] = nil } }
    func refuse() { state.withLock { $0.refused += 1 } }
}
