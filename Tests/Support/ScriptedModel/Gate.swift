import Synchronization

/// Suspends its callers until a test opens it; then it stays open.
public final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var continuations: [Int: CheckedContinuation<Void, any Error>] = [:]
        var next = 0
        var reached = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// The number of callers so far, waiting or not.
    public var reached: Int { state.withLock { $0.reached } }

    /// Resumes every caller, now and later.
    public func open() {
        let continuations = state.withLock { state in
            state.isOpen = true
            defer { state.continuations = [:] }
            return state.continuations
        }
        for continuation in continuations.values { continuation.resume() }
    }

    /// Returns when the gate is open.
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func wait() async throws {
        let number = state.withLock { state in
            state.reached += 1
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let done: Result<Void, any Error>? = state.withLock { state in
                    if state.isOpen { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.continuations[number] = continuation
                    return nil
                }
                if let done { continuation.resume(with: done) }
            }
        } onCancel: {
            state.withLock { $0.continuations.removeValue(forKey: number) }?.resume(throwing: CancellationError())
        }
    }
}
