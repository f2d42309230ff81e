import Mesh
import Messages

extension MeshDirectory {
    /// Asks the leader of `owner`. What it asks must be harmless to ask twice: it is asked again of the next leader
    /// when one is lost, until ``GatewayLimits/request`` is over.
    /// - Parameter repeated: What a leader's refusal means when an earlier one was lost before its reply and may have done what
    ///   was asked; nil = the refusal.
    /// - Throws: ``Fault``: the leader's own, `unavailable` when there is none for ``GatewayLimits/leader``, or
    ///   `deadline_exceeded`.
    func ask<R: Request>(
        _ request: R, owner: UserID, trace: TraceID, repeated: (Fault) -> R.Reply? = { _ in nil }
    ) async throws -> R.Reply {
        var wasLost = false
        let start = ContinuousClock.now
        let end = start + GatewayLimits.request
        var patience = start + GatewayLimits.leader
        while true {
            try Task.checkCancellation()
            let version = version
            guard let (peer, _) = leader(of: owner) else {
                guard ContinuousClock.now < min(patience, end) else {
                    throw Fault(.unavailable, "no dispatcher can be reached at the moment; try again in a second")
                }
                await change(after: version, until: min(patience, end))
                continue
            }
            do {
                return try await peer.request(request, deadline: end - .now, trace: trace)
            } catch let fault as Fault where fault.code == .peerLost || fault.code == .notLeader {
                guard ContinuousClock.now < end else { throw fault }
                if fault.code == .peerLost { wasLost = true }
                patience = .now + GatewayLimits.leader
                // One that still answers has not been told yet: do not ask it in a loop.
                await change(after: version, until: min(.now + .milliseconds(100), end))
            } catch let fault as Fault where wasLost {
                guard let reply = repeated(fault) else { throw fault }
                return reply
            }
        }
    }

    /// Asks the registry.
    /// - Throws: ``Fault``: the registry's own, `unavailable` when it is not there within ``GatewayLimits/leader``,
    ///   or `deadline_exceeded`.
    func askRegistry<R: Request>(_ request: R, trace: TraceID = .none) async throws -> R.Reply {
        guard let link = registryLink, let peer = try? await link.connected(within: GatewayLimits.leader) else {
            try Task.checkCancellation()
            throw Fault(.unavailable, "the registry cannot be reached at the moment; try again in a second")
        }
        return try await peer.request(request, deadline: GatewayLimits.request, trace: trace)
    }

    // MARK: Waiting for a change

    /// Grows with each change.
    var version: UInt64 { state.withLock { $0.version } }

    /// Returns at the first change after `version`, or at `end`, or when the caller is cancelled.
    func change(after version: UInt64, until end: ContinuousClock.Instant) async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let alarm = Task { [weak self] in
            try? await Task.sleep(until: end, clock: .continuous)
            self?.wake(waiter)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                let now = state.withLock { state in
                    if state.version != version || state.closed || Task.isCancelled { return true }
                    state.waiters[waiter] = caller
                    return false
                }
                if now { caller.resume() }
            }
        } onCancel: {
            wake(waiter)
        }
        alarm.cancel()
    }

    /// Wakes everybody who waits for a change.
    func bump() {
        let waiters = state.withLock { state in
            state.version += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    private func wake(_ waiter: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
    }
}
