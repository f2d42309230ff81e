import Storage
import Synchronization

/// The lock on the data directory of a leader. One that took over from a frozen process has not got it and tries for it
/// until it has, so that nobody else finds the lock free when the frozen one ends.
final class LeaderLock: Sendable {
    private struct State {
        var lock: DataLock?
        var isOver = false
    }

    private let state: Mutex<State>
    private let seeker = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter found: Called once when the lock was not there at first and has been got.
    init(_ lock: DataLock?, directory: String, found: @escaping @Sendable () async -> Void) {
        state = Mutex(State(lock: lock))
        guard lock == nil else { return }
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(DispatcherLimits.standbyMs))
                guard let self, !self.isHeld else { return }
                guard let lock = try? DataLock.attempt(directory: directory, name: DispatcherServer.lockName) else {
                    continue
                }
                guard self.keep(lock) else { return lock.release() }
                return await found()
            }
        }
        seeker.withLock { $0 = task }
    }

    /// Whether this process has it.
    var isHeld: Bool { state.withLock { $0.lock != nil } }

    private func keep(_ lock: DataLock) -> Bool {
        state.withLock { state in
            guard !state.isOver else { return false }
            state.lock = lock
            return true
        }
    }

    /// Lets it go. Idempotent.
    func release() {
        seeker.withLock { $0?.cancel() }
        let lock = state.withLock { state in
            state.isOver = true
            defer { state.lock = nil }
            return state.lock
        }
        lock?.release()
    }
}
