import Synchronization

/// A counting semaphore for tasks: callers without a permit suspend, in order of arrival, and block no thread.
public final class AsyncSemaphore: Sendable {
    /// Thrown instead of suspending when the bound on waiting callers is reached.
    public struct Full: Error, Equatable {
        /// Callers that were waiting.
        public let waiting: Int
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var permits: Int
        var waiters: [Waiter] = []
        var lastID: UInt64 = 0
    }

    private let state: Mutex<State>
    private let maxWaiting: Int

    /// - Parameters:
    ///   - permits: Permits that may be held at a time; at least 1.
    ///   - maxWaiting: Callers that may wait; beyond it ``acquire()`` throws ``Full``.
    public init(_ permits: Int, maxWaiting: Int = .max) {
        precondition(permits > 0, "a semaphore needs a permit")
        state = Mutex(State(permits: permits))
        self.maxWaiting = maxWaiting
    }

    /// Callers that wait for a permit now.
    public var waiting: Int { state.withLock { $0.waiters.count } }

    /// Runs `body` with a permit and on the caller's actor, then releases the permit.
    /// - Throws: what `body` throws; what ``acquire()`` throws, and `body` does not run then.
    public nonisolated(nonsending) func withPermit<T>(
        _ body: nonisolated(nonsending) () async throws -> T
    ) async throws -> T {
        try await acquire()
        defer { release() }
        return try await body()
    }

    /// As ``withPermit(_:)``, but releases the permit after `limit` even while `body` still runs, so that a slow body
    /// does not hold up those that wait.
    public nonisolated(nonsending) func withPermit<T>(
        atMost limit: Duration, _ body: nonisolated(nonsending) () async throws -> T
    ) async throws -> T {
        try await acquire()
        let permit = Permit(self)
        let timer = Task.detached {
            try? await Task.sleep(for: limit)
            permit.release()
        }
        defer {
            permit.release()
            timer.cancel()
        }
        return try await body()
    }

    /// Takes a permit, waiting for one if necessary; ``release()`` gives it back.
    /// - Throws: `CancellationError` when the caller is cancelled, ``Full``; no permit is held then.
    public nonisolated(nonsending) func acquire() async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    // Under the lock: a cancellation after this line finds the waiter in the list.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.permits > 0 {
                        state.permits -= 1
                        return .success(())
                    }
                    let waiting = state.waiters.count
                    guard waiting < maxWaiting else { return .failure(Full(waiting: waiting)) }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            removeWaiter(id)?.resume(throwing: CancellationError())
        }
    }

    /// Takes a permit if one is free; false otherwise. Never waits.
    public func tryAcquire() -> Bool {
        state.withLock { state in
            guard state.permits > 0 else { return false }
            state.permits -= 1
            return true
        }
    }

    /// Gives a permit back, from any thread: to the caller that has waited longest, if any.
    public func release() {
        let next = state.withLock { state -> Waiter? in
            guard state.waiters.isEmpty else { return state.waiters.removeFirst() }
            state.permits += 1
            return nil
        }
        next?.continuation.resume()
    }

    private func removeWaiter(_ id: UInt64) -> CheckedContinuation<Void, any Error>? {
        state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index).continuation
        }
    }
}

/// A permit that is released once, by its body's end or by its time limit.
private final class Permit: Sendable {
    private let semaphore: AsyncSemaphore
    private let isReleased = Atomic(false)

    init(_ semaphore: AsyncSemaphore) { self.semaphore = semaphore }

    func release() {
        if !isReleased.exchange(true, ordering: .acquiringAndReleasing) { semaphore.release() }
    }
}
