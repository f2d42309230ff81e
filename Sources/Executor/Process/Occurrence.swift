import Synchronization

/// Something that happens once, and that can be waited for with a deadline by anybody.
final class Occurrence: Sendable {
    private struct State {
        var happened = false
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// It happens; without effect when it already has.
    func happen() {
        let waiters = state.withLock { state in
            state.happened = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: true) }
    }

    /// Waits, however the task is cancelled meanwhile.
    /// - Returns: whether it has happened within `seconds`.
    func wait(within seconds: Double) async -> Bool {
        await withCheckedContinuation { continuation in
            let number: Int? = state.withLock { state in
                guard !state.happened else { return nil }
                state.next += 1
                state.waiters[state.next] = continuation
                return state.next
            }
            guard let number else { return continuation.resume(returning: true) }
            Task.detached {
                try? await Task.sleep(for: .seconds(seconds))
                self.state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: false)
            }
        }
    }
}
