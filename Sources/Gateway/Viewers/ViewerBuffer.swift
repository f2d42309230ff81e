import Messages
import Synchronization

/// The bytes that this process holds for one viewer's WebSocket: batches that wait for their turn, and messages that are
/// written but not yet taken by the kernel. Callable from any thread.
///
/// Subscriptions take turns: they wait for the socket or for space in one queue, each at most once. So a loud task delays
/// the others by one batch, and a viewer that does not read stops all of them at the same bound.
final class ViewerBuffer: Sendable {
    private struct Waiter {
        var number: UInt64
        /// The bytes to write; nil = it waits for space, to read events again.
        var bytes: Int?
        var continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        /// All held bytes.
        var held = 0
        /// Of these, the bytes that the socket was given.
        var inSocket = 0
        /// The most that was ever held.
        var peak = 0
        var waiters: [Waiter] = []
        var lastNumber: UInt64 = 0
        var drainedAt = ContinuousClock.now
        var isClosed = false

        mutating func hold(_ bytes: Int) {
            held += bytes
            peak = max(peak, held)
        }

        mutating func write(_ bytes: Int) {
            if inSocket == 0 { drainedAt = .now }
            inSocket += bytes
        }
    }
    private let state = Mutex(State())
    private let limit: Int
    private let socketLimit: Int

    /// - Parameters:
    ///   - limit: Bytes held at most, beyond which events are refused.
    ///   - socketLimit: Bytes in the socket at which the next batch waits for its turn.
    init(limit: Int = GatewayLimits.viewerHeld, socketLimit: Int = GatewayLimits.viewerSocket) {
        self.limit = limit
        self.socketLimit = socketLimit
    }

    /// The bytes held now, and the most ever held.
    var held: (now: Int, peak: Int) { state.withLock { ($0.held, $0.peak) } }

    /// Since when written bytes wait and the kernel has taken none; nil = none wait.
    var stuckSince: ContinuousClock.Instant? { state.withLock { $0.inSocket > 0 ? $0.drainedAt : nil } }

    /// Reserves space for a batch; false = there is none.
    func reserve(_ bytes: Int) -> Bool {
        state.withLock { state in
            // An empty buffer takes a batch of any size; otherwise a large one could never be sent.
            guard !state.isClosed, state.held == 0 || state.held + bytes <= limit else { return false }
            state.hold(bytes)
            return true
        }
    }

    /// Gives reserved space back without a write.
    func release(_ bytes: Int) {
        guard bytes > 0 else { return }
        update { $0.held -= bytes }
    }

    /// Reserves space for a message that is written without a turn; false = the viewer does not read its replies.
    func reserveUnqueued(_ bytes: Int) -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.held + bytes <= limit * 2 else { return false }
            state.hold(bytes)
            state.write(bytes)
            return true
        }
    }

    /// Waits for the turn to write `bytes` that are reserved; from then on they count as the socket's.
    /// - Throws: `CancellationError`, also when the connection ends; the bytes are released.
    func waitForTurn(_ bytes: Int) async throws {
        do { try await wait(bytes) } catch {
            release(bytes)
            throw error
        }
    }

    /// Waits until a batch will find space.
    /// - Throws: `CancellationError`, also when the connection ends.
    func waitForSpace() async throws { try await wait(nil) }

    /// Records the end of a subscription; others may have waited for its turn.
    func subscriptionEnded() { update { _ in } }

    /// Records that the kernel has accepted written bytes.
    func drained(_ bytes: Int) {
        update { state in
            state.held -= bytes
            state.inSocket -= bytes
            state.drainedAt = .now
        }
    }

    /// Records the end of the connection; every waiter throws.
    func close() {
        update { $0.isClosed = true }
    }

    private func wait(_ bytes: Int?) async throws {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isAdmitted = state.withLock { state -> Bool? in
                    if state.isClosed || Task.isCancelled { return false }
                    // No waiter of the same kind is overtaken.
                    let isNext = !state.waiters.contains { ($0.bytes == nil) == (bytes == nil) }
                    if isNext, admit(bytes, &state) { return true }
                    state.waiters.append(Waiter(number: number, bytes: bytes, continuation: continuation))
                    return nil
                }
                switch isAdmitted {
                case true?: continuation.resume()
                case false?: continuation.resume(throwing: CancellationError())
                case nil: break
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func admit(_ bytes: Int?, _ state: inout State) -> Bool {
        guard let bytes else { return state.held <= limit / 2 }
        guard state.inSocket < socketLimit else { return false }
        state.write(bytes)
        return true
    }

    /// Changes the state and resumes the waiters that are admitted now. Waiters for the socket do not wait for waiters
    /// for space: only their writes free space.
    private func update(_ change: (inout State) -> Void) {
        let (admitted, ended) = state.withLock { state -> ([Waiter], [Waiter]) in
            change(&state)
            defer { if state.isClosed { state.waiters = [] } }
            return state.isClosed ? ([], state.waiters) : (takeAdmitted(&state), [])
        }
        for waiter in admitted { waiter.continuation.resume() }
        for waiter in ended { waiter.continuation.resume(throwing: CancellationError()) }
    }

    private func takeAdmitted(_ state: inout State) -> [Waiter] {
        var admitted: [Waiter] = []
        var waiting: [Waiter] = []
        // Only as many waiters for space as find space for one batch each.
        var batches = max(0, limit - state.held) / EventBatch.preferredSize
        for waiter in state.waiters {
            let mayPass = waiter.bytes != nil || batches > 0
            guard mayPass, admit(waiter.bytes, &state) else {
                waiting.append(waiter)
                continue
            }
            if waiter.bytes == nil { batches -= 1 }
            admitted.append(waiter)
        }
        state.waiters = waiting
        return admitted
    }
}
