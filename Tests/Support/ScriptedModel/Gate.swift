import Synchronization

/// Holds something back until a test says go; open once, open for ever.
public final class Gate: Sendable {
    private struct State {
        var open = false
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var next = 0
        var reached = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// How many have come to it, let through or not.
    public var reached: Int { state.withLock { $0.reached } }

    /// Lets everybody through, now and later.
    public func open() {
        let waiting = state.withLock { state in
            state.open = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
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
                    if state.open { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiting[number] = continuation
                    return nil
                }
                if let done { continuation.resume(with: done) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(throwing: CancellationError())
        }
    }
}
