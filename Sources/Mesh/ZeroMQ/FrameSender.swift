import Messages

/// The way out.
extension Peer {
    /// Sends from any thread: at once on the reactor, else with the next batch that it takes.
    func transmit(_ header: Header, _ body: [UInt8]) {
        let frame = Frame(header, body)
        if home.reactor.isCurrent {
            deliver(frame)
        } else if !isUp || !home.reactor.submit(.frame(self, frame)) {
            home.reactor.counters.drop(.peerLost)
        }
    }

    /// Sends on the reactor, or keeps the frame until libzmq takes it.
    func deliver(_ frame: Frame) {
        guard isUp else { return home.reactor.counters.drop(.peerLost) }
        if outbox.isEmpty {
            switch socket.send(frame, to: route) {
            case .sent: return
            case .gone: return doom("it cannot be reached any more", dropping: 1, as: .peerLost)
            case .full: owner?.blocked(self)
            }
        }
        if !outbox.append(frame) {
            home.logger.warning("a peer is too slow", metadata: metadata)
            doom("it did not read what was sent to it", dropping: outbox.count + 1, as: .slowPeer)
        }
    }

    /// Offers what was kept again; true = all is sent.
    func flush() -> Bool {
        while isUp, let frame = outbox.first {
            switch socket.send(frame, to: route) {
            case .sent: outbox.removeFirst()
            case .full: return false
            case .gone: doom("it cannot be reached any more", dropping: outbox.count, as: .peerLost)
            }
        }
        return true
    }

    /// Sends one frame without keeping it; for goodbyes.
    func deliverOnce(_ frame: Frame) {
        if isUp, outbox.isEmpty { _ = socket.send(frame, to: route) }
    }

    /// Nothing goes out any more; the owner is told from the loop, since a caller of the mesh may be in the middle
    /// of what its own callback changes.
    func doom(_ reason: String, dropping count: Int, as drop: DropReason) {
        guard up.exchange(false, ordering: .acquiringAndReleasing) else { return }
        if count > 0 { home.reactor.counters.drop(drop, count: count) }
        outbox.removeAll()
        home.reactor.post { self.owner?.lost(self, reason) }
    }

    /// The end of the peer: fails what waits and tells everybody. Called by its owner, once.
    func end(_ reason: String) {
        up.store(false, ordering: .releasing)
        if outbox.count > 0 { home.reactor.counters.drop(.peerLost, count: outbox.count) }
        outbox.removeAll()
        let fault = lostFault(reason)
        for resolve in pending.removeAll() { resolve(.failure(fault)) }
        for subscription in subscriptions.values { subscription.end(fault) }
        subscriptions = [:]
        let open = outlets.values
        outlets = [:]
        for outlet in open { outlet.close() }
        home.logger.notice("a peer is gone", metadata: metadata.merging(["reason": "\(reason)"]) { $1 })
        home.handlers.down?(self, reason)
    }

    /// Who it is, for the log.
    var metadata: [String: Home.MetadataValue] {
        [
            "peer": "\(identity.name)", "role": "\(identity.role)", "incarnation": "\(identity.incarnation)",
        ]
    }
}
