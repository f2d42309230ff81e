import Messages

/// The asking side of requests.
extension Peer {
    /// Sends a request and waits for the body of its answer.
    nonisolated(nonsending) func ask(_ header: Header, _ body: [UInt8], within deadline: Duration) async throws
        -> [UInt8]
    {
        guard body.count <= MeshBounds.frame else { throw Self.tooLarge(header.type, body.count) }
        try Task.checkCancellation()
        let frame = Frame(header, body)
        let correlation = header.correlation
        let reactor = home.reactor
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let asked = reactor.perform {
                    self.ask(frame, correlation, header.type, within: deadline) { continuation.resume(with: $0) }
                }
                if !asked { continuation.resume(throwing: lostFault("the reactor has ended")) }
            }
        } onCancel: {
            reactor.post { self.pending.remove(correlation)?(.failure(CancellationError())) }
        }
    }

    /// Sends a request; `resolve` is called once, on the reactor.
    func ask(
        _ frame: Frame, _ correlation: UInt64, _ type: String, within deadline: Duration,
        resolve: @escaping PendingRequests.Resolve
    ) {
        guard isUp else { return resolve(.failure(lostFault("it is not there any more"))) }
        let due = ContinuousClock.now + deadline
        pending.add(correlation, type, deadline: due, resolve: resolve)
        owner?.attend(self, by: due)
        deliver(frame)
    }

    /// Fails the requests whose time is over.
    func expire(_ now: ContinuousClock.Instant) {
        for (what, resolve) in pending.removeExpired(now) {
            resolve(
                .failure(
                    Fault(
                        .deadlineExceeded,
                        "\(identity.role) '\(identity.name)' did not answer \(what) in time; it may still happen")))
        }
    }
}
