import Synchronization

/// An event that happens once. Any number of callers can wait for it, each with a timeout.
final class OneShotEvent: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<Bool, Never>
        /// Resumes the caller at its timeout; nil while it is being set.
        var timer: Task<Void, Never>?
    }

    private struct State {
        var happened = false
        var waiters: [Int: Waiter] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// Marks the event as happened and resumes all callers; without effect when it has already happened.
    func fire() {
        let waiters = state.withLock { state in
            state.happened = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values {
            waiter.timer?.cancel()
            waiter.continuation.resume(returning: true)
        }
    }

    /// Waits for the event, also in a cancelled task.
    /// - Returns: whether it has happened within `seconds`.
    func wait(within seconds: Double) async -> Bool {
        await withCheckedContinuation { continuation in
            let number: Int? = state.withLock { state in
                guard !state.happened else { return nil }
                state.next += 1
                state.waiters[state.next] = Waiter(continuation: continuation)
                return state.next
            }
            guard let number else { return continuation.resume(returning: true) }
            let timer = Task.detached {
                try? await Task.sleep(for: .seconds(seconds))
                self.state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume(returning: false)
            }
            let isOver = state.withLock { state in
                state.waiters[number]?.timer = timer
                return state.waiters[number] == nil
            }
            if isOver { timer.cancel() }
        }
    }
}
