import Messages
import Synchronization

/// Where callers from any thread wait for a link's other end.
final class Meeting: Sendable {
    private struct State {
        var peer: Peer?
        var isClosed = false
        /// Why the last try failed.
        var fault: Fault?
        var next = 0
        var waiters: [Int: (deadline: ContinuousClock.Instant, continuation: CheckedContinuation<Peer, any Error>)] =
            [:]
    }

    private let endpoint: String
    private let state = Mutex(State())

    init(endpoint: String) { self.endpoint = endpoint }

    var peer: Peer? { state.withLock { $0.peer } }

    /// The peer has come (and all who wait get it) or gone.
    func set(_ peer: Peer?) {
        let waiters = state.withLock { state -> [CheckedContinuation<Peer, any Error>] in
            state.peer = peer
            guard peer != nil else { return [] }
            state.fault = nil
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        guard let peer else { return }
        for waiter in waiters { waiter.resume(returning: peer) }
    }

    /// A try has failed.
    func note(_ fault: Fault) { state.withLock { $0.fault = fault } }

    /// The link is closed for good.
    func close() {
        let waiters = state.withLock { state in
            state.peer = nil
            state.isClosed = true
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for waiter in waiters { waiter.resume(throwing: closed) }
    }

    /// The first deadline of those who wait.
    var earliest: ContinuousClock.Instant? { state.withLock { $0.waiters.values.map(\.deadline).min() } }

    /// Turns those away whose time is over.
    func expire(_ now: ContinuousClock.Instant) {
        let (late, fault) = state.withLock { state in
            let late = state.waiters.filter { $0.value.deadline <= now }
            for key in late.keys { state.waiters[key] = nil }
            return (late.values.map(\.continuation), state.fault)
        }
        for waiter in late { waiter.resume(throwing: unavailable(fault)) }
    }

    /// Waits for the peer.
    nonisolated(nonsending) func wait(
        until deadline: ContinuousClock.Instant, on reactor: Reactor, _ core: LinkCore
    ) async throws -> Peer {
        try Task.checkCancellation()
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready: Result<Peer, any Error>? = state.withLock { state in
                    if let peer = state.peer { return .success(peer) }
                    if state.isClosed { return .failure(closed) }
                    state.waiters[number] = (deadline, continuation)
                    return nil
                }
                if let ready { return continuation.resume(with: ready) }
                reactor.post { core.attend(by: deadline) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation
                .resume(throwing: CancellationError())
        }
    }

    private var closed: Fault { Fault(.peerLost, "the link to \(endpoint) is closed") }

    private func unavailable(_ fault: Fault?) -> Fault {
        if let fault, fault.code == .versionIncompatible { return fault }
        return Fault(.unavailable, "\(endpoint) cannot be reached\(fault.map { ": \($0.message)" } ?? "")")
    }
}
