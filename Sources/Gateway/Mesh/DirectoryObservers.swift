import Synchronization

/// A change of the ``ServiceDirectory``.
enum DirectoryChange: Sendable {
    /// A partition may have another leader, or its leader may have connected or been lost.
    case leaders
    /// The registry has connected, for the first time or again, and knows no session of this gateway.
    case registryConnected
}

/// The observers of a ``ServiceDirectory``. Callable from any thread.
final class DirectoryObservers: Sendable {
    typealias Observer = @Sendable (DirectoryChange) -> Void

    private struct State {
        var observers: [UInt64: Observer] = [:]
        var last: UInt64 = 0
    }
    private let state = Mutex(State())

    /// Calls `observer` at each change, on the thread of the change, until the observation is cancelled.
    func add(_ observer: @escaping Observer) -> Observation {
        let number = state.withLock { state in
            state.last += 1
            state.observers[state.last] = observer
            return state.last
        }
        return Observation { [weak self] in self?.remove(number) }
    }

    /// Calls every observer.
    func notify(_ change: DirectoryChange) {
        let observers = state.withLock { Array($0.observers.values) }
        for observer in observers { observer(change) }
    }

    private func remove(_ number: UInt64) { state.withLock { $0.observers[number] = nil } }
}

/// A running observation.
struct Observation: Sendable {
    private let end: @Sendable () -> Void

    init(_ end: @escaping @Sendable () -> Void) { self.end = end }

    /// Ends it. A call that has begun on another thread is not waited for.
    func cancel() { end() }
}
