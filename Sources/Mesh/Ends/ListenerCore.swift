import Messages

/// A listener's socket and its peers; only touched on the reactor.
final class ListenerCore: ReactorMember, PeerOwner, @unchecked Sendable {
    private let end: LocalEnd
    private let directory: PeerDirectory
    private let router: Socket
    /// The keys that may connect; nil for a listener without keys.
    private let allowed: AllowList?
    private var watch: ConnectionWatch?
    private var incarnations = IncarnationOwners()
    private var peers: [RoutingID: PeerReceiver] = [:]
    private var clock: PeerClock
    /// The last sender: messages come in runs, so it is tried before the table.
    private var last: (route: RoutingID, receiver: PeerReceiver)?

    init(end: LocalEnd, socket: Socket, allowed: AllowList?, directory: PeerDirectory) {
        self.end = end
        self.directory = directory
        self.allowed = allowed
        router = socket
        clock = PeerClock(timing: end.timing, now: .now)
        guard allowed != nil else { return }
        watch = ConnectionWatch(socket, reactor: end.reactor, handshakes: true) { event in
            // The guard of the keys has counted a key that is not allowed.
            guard event == .handshakeFailed else { return }
            end.reactor.refuse(
                .handshake, socket.lastEndpoint, ["endpoint": "\(socket.lastEndpoint)"], logger: end.logger)
        }
    }

    var socket: Socket? { router.isClosed ? nil : router }
    var nextWake: ContinuousClock.Instant? { router.isClosed ? nil : clock.due }

    func receive() -> Bool {
        var count = 0
        var inbound = Inbound()
        while count < MeshBounds.received, router.next(routed: true, into: &inbound) {
            count += 1
            receive(inbound)
        }
        if count > 0 { end.reactor.counters.receive(count) }
        if clock.isBlocked { resend() }
        return count > 0
    }

    private func receive(_ inbound: Inbound) {
        if inbound.fault == nil, inbound.header.kind == .request, inbound.header.type == Hello.type {
            return acceptHello(inbound)
        }
        if let last, last.route == inbound.route, isSender(inbound, last.receiver) {
            return last.receiver.receive(inbound)
        }
        guard let receiver = peers[inbound.route], isSender(inbound, receiver) else { return rejectStranger(inbound) }
        last = (inbound.route, receiver)
        receiver.receive(inbound)
    }

    /// Whether a message comes from the receiver's own connection: an end may choose its route, and so the route of a
    /// connection that was just lost.
    private func isSender(_ inbound: Inbound, _ receiver: PeerReceiver) -> Bool {
        allowed == nil || inbound.key == receiver.peer.identity.key
    }

    // MARK: Hello

    private func acceptHello(_ inbound: Inbound) {
        let (header, route) = (inbound.header, inbound.route)
        do {
            let hello = try Wire.decode(Hello.self, from: inbound.body)
            let version = try Handshake.version(hello)
            let identity = try identify(hello, inbound.key)
            // A hello repeated because its reply was slow only gets its reply again.
            let known = peers[route].flatMap { $0.peer.identity == identity && $0.peer.isUp ? $0 : nil }
            let receiver = known ?? addPeer(identity, route)
            receiver.lastReceived = end.reactor.now
            let reply = HelloReply(
                version: version, role: end.identity.role, name: end.identity.name,
                incarnation: end.identity.incarnation)
            receiver.peer.channel.transmit(
                Header(.reply, type: HelloReply.type, correlation: header.correlation), try Wire.encode(reply))
            end.reactor.counters.take()
            guard known == nil else { return }
            end.logger.notice("peer connected", metadata: receiver.peer.metadata)
            end.handlers.up?(receiver.peer)
        } catch {
            let fault = error as? Fault ?? Fault(.malformed, "the hello cannot be read")
            end.reactor.counters.drop(MeshDropReason(hello: fault))
            if fault.code != .roleNotAllowed {
                end.logger.warning("a hello was refused", metadata: ["reason": "\(fault.message)"])
            }
            refuse(header.correlation, fault, route)
        }
    }

    /// Returns the identity in a hello, checked against the key of its connection.
    /// - Throws: ``Fault`` `role_not_allowed` when it claims what it is not; counted and logged.
    private func identify(_ hello: Hello, _ key: MeshKey?) throws -> Identity {
        var identity = Identity(role: hello.role, name: hello.name, incarnation: hello.incarnation)
        if let allowed {
            guard let entry = allowed.entry(key), entry.role == hello.role else {
                throw refused(.role, identity, key, "its key may not be a \(hello.role)")
            }
            identity.name = entry.name
            identity.key = key
        }
        let isForeign = directory[hello.incarnation].map {
            $0.identity.key != identity.key || $0.identity.role != identity.role
        }
        guard isForeign != true, incarnations.claim(identity) else {
            throw refused(.incarnation, identity, key, "its incarnation belongs to another service")
        }
        return identity
    }

    private func refused(_ reason: MeshRefusal, _ identity: Identity, _ key: MeshKey?, _ text: String) -> Fault {
        let subject = key.map { "\($0)" } ?? "\(identity.role)"
        end.reactor.refuse(
            reason, subject,
            ["key": "\(subject)", "role": "\(identity.role)", "incarnation": "\(identity.incarnation)"],
            logger: end.logger)
        return Fault(.roleNotAllowed, "'\(identity.name)' was refused: \(text)")
    }

    /// Adds a peer; one that had the route or the incarnation before is lost.
    private func addPeer(_ identity: Identity, _ route: RoutingID) -> PeerReceiver {
        if let before = peers[route] { peerLost(before.peer, "the peer sent a new hello") }
        if let before = directory[identity.incarnation] { peerLost(before, "the peer reconnected") }
        let receiver = PeerReceiver(identity, at: end, socket: router, route: route, owner: self)
        peers[route] = receiver
        directory.add(receiver.peer)
        return receiver
    }

    /// Answers a sender without a hello on this connection: a link that libzmq has reconnected without a report.
    private func rejectStranger(_ inbound: Inbound) {
        end.reactor.counters.drop(inbound.fault.map { MeshDropReason($0) } ?? .stranger)
        if inbound.expectsReply {
            let fault = inbound.fault ?? Fault(.peerLost, "no hello was received on this connection; send one")
            refuse(inbound.correlation, fault, inbound.route)
        }
        // Never answer a bye: two ends that did so would go on for ever.
        guard inbound.fault == nil, inbound.header.type != Bye.type else { return }
        _ = router.send(Handshake.bye(end.identity, "no hello was received on this connection"), to: inbound.route)
    }

    private func refuse(_ correlation: UInt64, _ fault: Fault, _ route: RoutingID) {
        guard let body = try? Wire.encode(fault) else { return }
        let header = Header(.failure, type: Fault.type, correlation: correlation)
        _ = router.send(Frame(header, body), to: route)
    }

    // MARK: Watching the peers

    func peerLost(_ peer: Peer, _ reason: String) {
        guard let route = peer.channel.sender.route, let receiver = peers[route], receiver.peer === peer else { return }
        peers[route] = nil
        last = nil
        directory.remove(peer)
        receiver.close(reason)
    }

    func sweep(by due: ContinuousClock.Instant) { clock.sweep(by: due) }

    func peerBlocked(_ peer: Peer) { clock.block(peer, now: end.reactor.now) }

    private func resend() {
        for peer in clock.takeBlocked() where !peer.channel.sender.flush() {
            clock.block(peer, now: end.reactor.now)
        }
    }

    func wake(_ now: ContinuousClock.Instant) {
        guard clock.takeSweep(now) else { return }
        for receiver in Array(peers.values) {
            let peer = receiver.peer
            if now - receiver.lastReceived > end.timing.silence {
                disconnect(peer, "nothing received for \(end.timing.silence)")
            } else if let allowed, !allowed.allows(peer.identity.key, as: peer.identity.role) {
                disconnect(peer, "its key is no longer in the allow-list")
            } else {
                peer.failExpired(now)
                clock.scheduleDeadlines(of: peer, now: now)
            }
        }
    }

    /// Sends a bye and removes the peer.
    private func disconnect(_ peer: Peer, _ reason: String) {
        peer.channel.sender.deliverOnce(Handshake.bye(end.identity, reason))
        peerLost(peer, reason)
    }

    func excuseSilence(of pause: Duration) {
        for receiver in peers.values { receiver.lastReceived += pause }
    }

    /// Whether a request has no reply yet.
    var isAnswering: Bool { peers.values.contains { $0.serving > 0 } }

    func close(linger: Duration) {
        guard !router.isClosed else { return }
        for receiver in Array(peers.values) { disconnect(receiver.peer, "closing") }
        watch?.stop()
        watch = nil
        router.unbind()
        router.close(linger: linger)
    }
}
