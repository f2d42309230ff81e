import Synchronization

/// Lets tasks wait for the next change of something. Each change has a version, so that a change between a look and the
/// wait that follows is not missed. Callable from any thread.
final class ChangeSignal: Sendable {
    private struct State {
        var version: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var lastWaiter: UInt64 = 0
        var isClosed = false

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }
    private let state = Mutex(State())

    /// The number of changes so far.
    var version: UInt64 { state.withLock { $0.version } }

    /// Counts a change and resumes every waiter.
    func signal() {
        let waiters = state.withLock { state in
            state.version += 1
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Resumes every waiter; from then on ``wait(after:until:)`` returns at once.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns at the first change after `version`, at `end`, or when the caller is cancelled.
    func wait(after version: UInt64, until end: ContinuousClock.Instant) async {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let timer = Task { [weak self] in
            try? await Task.sleep(until: end, clock: .continuous)
            self?.resume(waiter)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.version != version || state.isClosed || Task.isCancelled { return true }
                    state.waiters[waiter] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            resume(waiter)
        }
        timer.cancel()
    }

    private func resume(_ waiter: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
    }
}
