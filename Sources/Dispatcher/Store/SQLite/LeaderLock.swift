import Storage
import Synchronization

/// Whether this leader holds the lock on the data directory. A leader that took over from a frozen process does not,
/// and tries until it does: otherwise a third process would find the lock free once the frozen one ends.
final class LeaderLock: Sendable {
    private struct State {
        var isHeld: Bool
        var lock: DataLock?
        var isOver = false
    }

    private let state: Mutex<State>
    private let seeker = Mutex<Task<Void, Never>?>(nil)

    init(isHeld: Bool) { state = Mutex(State(isHeld: isHeld)) }

    /// Whether this process holds it.
    var isHeld: Bool { state.withLock { $0.isHeld } }

    /// Keeps the lock until ``release()``, or releases it at once when that was called before.
    func keep(_ lock: DataLock) {
        let isKept = state.withLock { state in
            guard !state.isOver else { return false }
            state.lock = lock
            state.isHeld = true
            return true
        }
        if !isKept { lock.release() }
    }

    /// Tries for the lock until this process holds it.
    /// - Parameter found: Called once, when it does.
    func seek(in directory: String, found: @escaping @Sendable () async -> Void) {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(DispatcherLimits.standbyMs))
                guard let self, !self.isHeld else { return }
                guard let lock = try? DataLock.attempt(directory: directory, name: Standby.lockName) else { continue }
                self.keep(lock)
                if self.isHeld { await found() }
                return
            }
        }
        seeker.withLock { $0 = task }
    }

    /// Releases the lock. Idempotent.
    func release() {
        seeker.withLock { $0?.cancel() }
        let lock = state.withLock { state in
            state.isOver = true
            state.isHeld = false
            defer { state.lock = nil }
            return state.lock
        }
        lock?.release()
    }
}
