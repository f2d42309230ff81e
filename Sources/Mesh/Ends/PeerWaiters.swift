import Messages
import Synchronization

/// The current peer of a link, and the callers on any thread that wait for one.
final class PeerWaiters: Sendable {
    private struct Waiter {
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Peer, any Error>
    }

    private struct State {
        var peer: Peer?
        var isClosed = false
        /// Why the last attempt to connect failed.
        var failure: Fault?
        var lastID = 0
        var waiters: [Int: Waiter] = [:]

        mutating func takeWaiters() -> [CheckedContinuation<Peer, any Error>] {
            defer { waiters = [:] }
            return waiters.values.map(\.continuation)
        }
    }

    private let endpoint: String
    private let state = Mutex(State())

    init(endpoint: String) { self.endpoint = endpoint }

    var peer: Peer? { state.withLock { $0.peer } }

    /// Sets or clears the peer; a new peer resumes every waiter.
    func set(_ peer: Peer?) {
        let waiters = state.withLock { state -> [CheckedContinuation<Peer, any Error>] in
            state.peer = peer
            guard peer != nil else { return [] }
            state.failure = nil
            return state.takeWaiters()
        }
        guard let peer else { return }
        for waiter in waiters { waiter.resume(returning: peer) }
    }

    /// Records why an attempt to connect failed.
    func recordFailure(_ fault: Fault) { state.withLock { $0.failure = fault } }

    /// Fails every waiter, now and later: the link is closed.
    func close() {
        let waiters = state.withLock { state in
            state.peer = nil
            state.isClosed = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(throwing: closed) }
    }

    /// The earliest deadline of a waiter.
    var earliest: ContinuousClock.Instant? { state.withLock { $0.waiters.values.map(\.deadline).min() } }

    /// Fails the waiters that are past their deadline.
    func failExpired(_ now: ContinuousClock.Instant) {
        let (late, failure) = state.withLock { state in
            let late = state.waiters.filter { $0.value.deadline <= now }
            for id in late.keys { state.waiters[id] = nil }
            return (late.values.map(\.continuation), state.failure)
        }
        for waiter in late { waiter.resume(throwing: unavailable(failure)) }
    }

    /// Waits for a peer.
    /// - Parameter onWait: Called when there is none yet: ``failExpired(_:)`` is due at `deadline`.
    nonisolated(nonsending) func wait(
        until deadline: ContinuousClock.Instant, onWait: @Sendable () -> Void
    ) async throws -> Peer {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready: Result<Peer, any Error>? = state.withLock { state in
                    if let peer = state.peer { return .success(peer) }
                    if state.isClosed { return .failure(closed) }
                    state.waiters[id] = Waiter(deadline: deadline, continuation: continuation)
                    return nil
                }
                if let ready { return continuation.resume(with: ready) }
                onWait()
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
        }
    }

    private var closed: Fault { Fault(.peerLost, "the link to \(endpoint) is closed") }

    private func unavailable(_ fault: Fault?) -> Fault {
        if let fault, [.versionIncompatible, .roleNotAllowed, .invalidRequest].contains(fault.code) { return fault }
        return Fault(.unavailable, "\(endpoint) cannot be reached\(fault.map { ": \($0.message)" } ?? "")")
    }
}
