import Synchronization

/// Lets a few in at a time; the others wait in the order they came. What waits here is bounded by who comes: one
/// caller a session.
final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state: Mutex<State>

    init(places: Int) { state = Mutex(State(free: places)) }

    func enter() async {
        await withCheckedContinuation { caller in
            let free = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(caller)
                return false
            }
            if free { caller.resume() }
        }
    }

    /// Enters, and leaves at ``Place/leave()`` or after `limit`: who takes long does not hold the others up.
    func place(for limit: Duration) async -> Place {
        await enter()
        let place = Place(self)
        Task {
            try? await Task.sleep(for: limit)
            place.leave()
        }
        return place
    }

    /// A place that is left once.
    final class Place: Sendable {
        private let turnstile: Turnstile
        private let left = Atomic(false)

        init(_ turnstile: Turnstile) { self.turnstile = turnstile }

        func leave() {
            if !left.exchange(true, ordering: .acquiringAndReleasing) { turnstile.leave() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
