import Messages

/// The requesting side.
extension Peer {
    /// Sends a request and returns the body of its reply.
    nonisolated(nonsending) func sendRequest(_ header: Header, _ body: [UInt8], within deadline: Duration) async throws
        -> [UInt8]
    {
        guard body.count <= MeshBounds.frame else { throw Fault.tooLarge(header.type, bytes: body.count) }
        try Task.checkCancellation()
        let frame = Frame(header, body)
        let correlation = header.correlation
        let reactor = channel.reactor
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isPosted = reactor.perform {
                    self.sendRequest(frame, correlation, header.type, within: deadline) {
                        continuation.resume(with: $0)
                    }
                }
                if !isPosted { continuation.resume(throwing: lostFault("the reactor has stopped")) }
            }
        } onCancel: {
            reactor.post { self.pending.remove(correlation)?(.failure(CancellationError())) }
        }
    }

    /// Sends a request; `completion` is called once, on the reactor.
    func sendRequest(
        _ frame: Frame, _ correlation: UInt64, _ type: String, within deadline: Duration,
        completion: @escaping PendingRequests.Completion
    ) {
        guard isUp else { return completion(.failure(lostFault("the peer is down"))) }
        let due = ContinuousClock.now + deadline
        pending.add(correlation, type, deadline: due, completion: completion)
        owner?.sweep(by: due)
        channel.sender.deliver(frame)
    }

    /// Fails the requests that are past their deadline.
    func failExpired(_ now: ContinuousClock.Instant) {
        for (type, completion) in pending.removeExpired(now) {
            completion(
                .failure(
                    Fault(
                        .deadlineExceeded,
                        "\(identity.role) '\(identity.name)' did not answer \(type) in time; it may still do it")))
        }
    }
}
