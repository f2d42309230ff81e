import Messages
import Synchronization

/// What one viewer's WebSocket may hold in this process: batches that have come and wait for their turn, and what is
/// written and not yet taken by the kernel. Callable from any thread.
///
/// Subscriptions take turns: whoever waits for the socket or for room waits in one line, and each has at most one place in
/// it. So a loud task delays the others by a batch, and a viewer that does not read stops everybody at the same bound.
final class ViewerRoom: Sendable {
    private struct Waiter {
        var number: UInt64
        /// What it wants to write; nil = it waits for room for events that are still to be read.
        var bytes: Int?
        var caller: CheckedContinuation<Void, any Error>
    }
    private struct State {
        /// Everything that is held.
        var held = 0
        /// Of that, what the socket has been given.
        var inSocket = 0
        /// The most that was ever held.
        var peak = 0
        var waiting: [Waiter] = []
        var nextNumber: UInt64 = 0
        var drainedAt = ContinuousClock.now
        var closed = false

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
    ///   - limit: Bytes that are held at most, beyond which events are refused.
    ///   - socketLimit: Bytes in the socket at which the next one has to wait for its turn.
    init(limit: Int = GatewayLimits.viewerHeld, socketLimit: Int = GatewayLimits.viewerSocket) {
        self.limit = limit
        self.socketLimit = socketLimit
    }

    /// Bytes that are held now, and the most that ever were.
    var held: (now: Int, peak: Int) { state.withLock { ($0.held, $0.peak) } }

    /// Since when something waits for the socket and nothing of it was taken; nil = nothing waits.
    var stuckSince: ContinuousClock.Instant? { state.withLock { $0.inSocket > 0 ? $0.drainedAt : nil } }

    /// Takes room for what has come; false = there is none.
    func take(_ bytes: Int) -> Bool {
        state.withLock { state in
            // A single batch is always taken by an empty one, whatever its size: else it would never come.
            guard !state.closed, state.held == 0 || state.held + bytes <= limit else { return false }
            state.hold(bytes)
            return true
        }
    }

    /// Gives room back for what was not written.
    func give(_ bytes: Int) {
        guard bytes > 0 else { return }
        release { $0.held -= bytes }
    }

    /// What is said without a turn: false = the viewer does not read what it asks for.
    func say(_ bytes: Int) -> Bool {
        state.withLock { state in
            guard !state.closed, state.held + bytes <= limit * 2 else { return false }
            state.hold(bytes)
            state.write(bytes)
            return true
        }
    }

    /// Waits for the turn to write `bytes` that are held already; they are the socket's then.
    /// - Throws: `CancellationError`, also at the end of the connection; the bytes are given back.
    func turn(_ bytes: Int) async throws {
        do { try await wait(bytes) } catch {
            give(bytes)
            throw error
        }
    }

    /// Waits until a batch will find room.
    /// - Throws: `CancellationError`, also at the end of the connection.
    func room() async throws { try await wait(nil) }

    /// One of those who share the room is gone, and may have been the one for whom others wait.
    func left() { release { _ in } }

    /// The kernel has taken what was written.
    func drained(_ bytes: Int) {
        release { state in
            state.held -= bytes
            state.inSocket -= bytes
            state.drainedAt = .now
        }
    }

    /// The connection has ended: nobody waits any more.
    func close() {
        release { $0.closed = true }
    }

    private func wait(_ bytes: Int?) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { caller in
                let admitted = state.withLock { state -> Bool? in
                    if state.closed || Task.isCancelled { return false }
                    // Behind nobody who waits for the same.
                    let isNext = !state.waiting.contains { ($0.bytes == nil) == (bytes == nil) }
                    if isNext, admit(bytes, &state) { return true }
                    state.waiting.append(Waiter(number: number, bytes: bytes, caller: caller))
                    return nil
                }
                switch admitted {
                case true?: caller.resume()
                case false?: caller.resume(throwing: CancellationError())
                case nil: break
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
            }
            waiter?.caller.resume(throwing: CancellationError())
        }
    }

    private func admit(_ bytes: Int?, _ state: inout State) -> Bool {
        guard let bytes else { return state.held <= limit / 2 }
        guard state.inSocket < socketLimit else { return false }
        state.write(bytes)
        return true
    }

    /// Changes the state, and lets in who can go on. Those who wait for the socket do not wait for those who wait
    /// for room, since room comes only from them.
    private func release(_ change: (inout State) -> Void) {
        let (admitted, ended) = state.withLock { state -> ([Waiter], [Waiter]) in
            change(&state)
            defer { if state.closed { state.waiting = [] } }
            return state.closed ? ([], state.waiting) : (next(&state), [])
        }
        for waiter in admitted { waiter.caller.resume() }
        for waiter in ended { waiter.caller.resume(throwing: CancellationError()) }
    }

    private func next(_ state: inout State) -> [Waiter] {
        var admitted: [Waiter] = []
        // As many as will find room for a batch each, not all who wait.
        var places = max(0, limit - state.held) / EventBatch.preferredSize
        var staying: [Waiter] = []
        for waiter in state.waiting {
            let hasPlace = waiter.bytes != nil || places > 0
            guard hasPlace, admit(waiter.bytes, &state) else {
                staying.append(waiter)
                continue
            }
            if waiter.bytes == nil { places -= 1 }
            admitted.append(waiter)
        }
        state.waiting = staying
        return admitted
    }
}
