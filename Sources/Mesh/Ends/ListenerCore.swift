import Messages

/// A listener's socket and its peers; only touched on the reactor.
final class ListenerCore: ReactorMember, PeerOwner, @unchecked Sendable {
    private let home: Home
    private let directory: PeerDirectory
    private let router: Socket
    private var peers: [RoutingID: Peer] = [:]
    private var clock: PeerClock
    /// Messages come in runs, so the last sender is tried before the table.
    private var last: (route: RoutingID, peer: Peer)?

    init(home: Home, socket: Socket, directory: PeerDirectory) {
        self.home = home
        self.directory = directory
        router = socket
        clock = PeerClock(timing: home.timing, now: .now)
    }

    var socket: Socket? { router.isClosed ? nil : router }
    var nextWake: ContinuousClock.Instant? { router.isClosed ? nil : clock.due }

    func receive() -> Bool {
        var count = 0
        var inbound = Inbound()
        while count < MeshBounds.received, router.next(routed: true, into: &inbound) {
            count += 1
            take(inbound)
        }
        if count > 0 { home.reactor.counters.receive(count) }
        if clock.isBlocked { resend() }
        return count > 0
    }

    private func take(_ inbound: Inbound) {
        if inbound.fault == nil, inbound.header.kind == .request, inbound.header.type == Hello.type {
            return greet(inbound.header, inbound.body, inbound.route)
        }
        if let last, last.route == inbound.route { return last.peer.take(inbound) }
        guard let peer = peers[inbound.route] else { return turnAway(inbound) }
        last = (inbound.route, peer)
        peer.take(inbound)
    }

    // MARK: Hello

    private func greet(_ header: Header, _ body: [UInt8], _ route: RoutingID) {
        do {
            let hello = try Wire.decode(Hello.self, from: body)
            let version = try Greeting.version(hello)
            let identity = Identity(role: hello.role, name: hello.name, incarnation: hello.incarnation)
            // A hello that is repeated because its answer was slow is answered again, no more.
            let known = peers[route].flatMap { $0.identity == identity && $0.isUp ? $0 : nil }
            let peer = known ?? admit(identity, route)
            peer.lastHeard = home.reactor.now
            let reply = HelloReply(
                version: version, role: home.identity.role, name: home.identity.name,
                incarnation: home.identity.incarnation)
            peer.transmit(
                Header(.reply, type: HelloReply.type, correlation: header.correlation), try Wire.encode(reply))
            home.reactor.counters.take()
            guard known == nil else { return }
            home.logger.notice("a peer is here", metadata: peer.metadata)
            home.handlers.up?(peer)
        } catch {
            let fault = error as? Fault ?? Fault(.malformed, "the hello cannot be read")
            home.reactor.counters.drop(fault.code == .versionIncompatible ? .version : .undecodable)
            home.logger.warning("a hello was refused", metadata: ["reason": "\(fault.message)"])
            refuse(header.correlation, fault, route)
        }
    }

    /// Makes a peer; whoever had the route or the incarnation before is gone.
    private func admit(_ identity: Identity, _ route: RoutingID) -> Peer {
        if let before = peers[route] { lost(before, "it said hello again") }
        if let before = directory[identity.incarnation] { lost(before, "it came back on another connection") }
        let peer = Peer(identity, home: home, socket: router, route: route, owner: self)
        peers[route] = peer
        directory.add(peer)
        return peer
    }

    /// Answers who has not said hello to this life: a dialler that libzmq has silently connected again.
    private func turnAway(_ inbound: Inbound) {
        home.reactor.counters.drop(inbound.fault.map { DropReason($0) } ?? .stranger)
        if inbound.asks {
            let fault = inbound.fault ?? Fault(.peerLost, "this life has not been greeted; say hello")
            refuse(inbound.correlation, fault, inbound.route)
        }
        // An answer to a goodbye would be answered for ever by an end that does the same.
        guard inbound.fault == nil, inbound.header.type != Bye.type else { return }
        _ = router.send(Greeting.bye(home.identity, "this life has not been greeted"), to: inbound.route)
    }

    private func refuse(_ correlation: UInt64, _ fault: Fault, _ route: RoutingID) {
        guard let body = try? Wire.encode(fault) else { return }
        let header = Header(.failure, type: Fault.type, correlation: correlation)
        _ = router.send(Frame(header, body), to: route)
    }

    // MARK: Life and death

    func lost(_ peer: Peer, _ reason: String) {
        guard let route = peer.route, peers[route] === peer else { return }
        peers[route] = nil
        last = nil
        directory.remove(peer)
        peer.end(reason)
    }

    func attend(_ peer: Peer, by due: ContinuousClock.Instant) { clock.attend(by: due) }

    func blocked(_ peer: Peer) { clock.block(peer, now: home.reactor.now) }

    private func resend() {
        for peer in clock.takeBlocked() where !peer.flush() { clock.block(peer, now: home.reactor.now) }
    }

    func wake(_ now: ContinuousClock.Instant) {
        guard clock.takeSweep(now) else { return }
        for peer in Array(peers.values) {
            if now - peer.lastHeard > home.timing.silence {
                peer.deliverOnce(Greeting.bye(home.identity, "nothing was heard for \(home.timing.silence)"))
                lost(peer, "nothing was heard for \(home.timing.silence)")
            } else {
                peer.expire(now)
                clock.note(peer, now: now)
            }
        }
    }

    func forgive(_ pause: Duration) {
        for peer in peers.values { peer.lastHeard += pause }
    }

    /// Whether a request has not got its reply yet.
    var isAnswering: Bool { peers.values.contains { $0.serving > 0 } }

    func end(linger: Duration) {
        guard !router.isClosed else { return }
        for peer in Array(peers.values) {
            peer.deliverOnce(Greeting.bye(home.identity, "it is closing"))
            lost(peer, "this end was closed")
        }
        router.unbind()
        router.close(linger: linger)
    }
}
