import CZeroMQ
import Messages

/// A link's socket and its state; only touched on the reactor.
///
/// The socket has no routing id of its own: the ROUTER then gives each *connection* a fresh one, so that a connection
/// which libzmq has silently made again is a stranger there, and is told so, instead of going on with a gap.
final class LinkCore: ReactorMember, PeerOwner, @unchecked Sendable {
    private enum State {
        case idle
        /// Between two tries.
        case waiting(until: ContinuousClock.Instant)
        /// Hello was said and not answered yet.
        case greeting(correlation: UInt64, since: ContinuousClock.Instant, again: ContinuousClock.Instant)
        case up(Peer, ping: ContinuousClock.Instant)
        case closed
    }

    private let endpoint: String
    private let home: Home
    private let meeting: Meeting
    private var dealer: Socket?
    private var watch: ConnectionWatch?
    private var state = State.idle
    private var clock: PeerClock
    private var failures = 0
    private var correlation: UInt64 = 0

    init(_ endpoint: String, home: Home, meeting: Meeting) {
        self.endpoint = endpoint
        self.home = home
        self.meeting = meeting
        clock = PeerClock(timing: home.timing, now: .now)
    }

    var socket: Socket? { dealer }

    var nextWake: ContinuousClock.Instant? {
        switch state {
        case .idle, .closed: nil
        case .waiting(let until): min(until, clock.due)
        case .greeting(_, _, let again): min(again, clock.due)
        case .up(_, let ping): min(ping, clock.due)
        }
    }

    // MARK: Dialling

    func start() {
        guard case .idle = state else { return }
        guard home.reactor.context != nil else { return end(linger: .zero) }
        home.reactor.add(self)
        dial()
    }

    private func dial() {
        do {
            let socket = try Socket(ZMQ_DEALER, reactor: home.reactor)
            dealer = socket
            watch = ConnectionWatch(socket, reactor: home.reactor) { [unowned self] in disconnected() }
            socket.set(ZMQ_RECONNECT_IVL, 50)
            socket.set(ZMQ_RECONNECT_IVL_MAX, 500)
            guard zmq_connect(socket.pointer, endpoint) == 0 else {
                throw Fault(.unavailable, "cannot dial \(endpoint): \(Socket.reason())")
            }
            correlation += 1
            let now = ContinuousClock.now
            state = .greeting(correlation: correlation, since: now, again: now + home.timing.ping)
            _ = socket.send(
                Greeting.hello(home.identity, correlation: correlation, within: home.timing.silence), to: nil)
        } catch {
            retry(error as? Fault ?? Fault(.unavailable, "cannot dial \(endpoint)"))
        }
    }

    /// Forgets the socket and dials again after a pause that grows to a second and is jittered, so that all the
    /// dialling ends of a listener do not come back at once.
    private func retry(_ fault: Fault) {
        meeting.note(fault)
        home.logger.debug("dialling again", metadata: ["endpoint": "\(endpoint)", "reason": "\(fault.message)"])
        hangUp(linger: .zero)
        let pause = min(MeshBounds.retry.lowerBound * (1 << min(failures, 6)), MeshBounds.retry.upperBound)
        failures += 1
        state = .waiting(until: .now + pause * Double.random(in: 0.5...1))
    }

    private func hangUp(linger: Duration) {
        watch?.stop()
        watch = nil
        dealer?.close(linger: linger)
        dealer = nil
    }

    /// The connection is lost. What came before is heard first: it may be a goodbye.
    private func disconnected() {
        while receive() {}
        guard case .up(let peer, _) = state else { return }
        lost(peer, "its connection was lost")
    }

    // MARK: Receiving

    func receive() -> Bool {
        var count = 0
        var inbound = Inbound()
        while count < MeshBounds.received, dealer?.next(routed: false, into: &inbound) == true {
            count += 1
            switch state {
            case .up(let peer, _): peer.take(inbound)
            case .greeting(let correlation, _, _): hear(inbound, correlation)
            case .idle, .waiting, .closed: break
            }
        }
        if count > 0 { home.reactor.counters.receive(count) }
        if clock.isBlocked { resend() }
        return count > 0
    }

    /// Takes what comes before the answer to hello.
    private func hear(_ inbound: Inbound, _ correlation: UInt64) {
        if let fault = inbound.fault { return home.reactor.counters.drop(DropReason(fault)) }
        let header = inbound.header
        let farewell = header.kind == .notice && header.type == Bye.type
        let answer = header.correlation == correlation && [.reply, .failure].contains(header.kind)
        guard farewell || answer else { return home.reactor.counters.drop(.unexpected) }
        home.reactor.counters.take()
        if farewell { return retry(Fault(.unavailable, "the other end said goodbye")) }
        do {
            guard header.kind == .reply else { throw try Wire.decode(Fault.self, from: inbound.body) }
            meet(try Wire.decode(HelloReply.self, from: inbound.body))
        } catch {
            let fault = error as? Fault ?? Fault(.malformed, "the answer to hello cannot be read")
            home.logger.warning(
                "hello was refused", metadata: ["endpoint": "\(endpoint)", "reason": "\(fault.message)"])
            retry(fault)
        }
    }

    private func meet(_ reply: HelloReply) {
        guard let dealer else { return }
        let identity = Identity(role: reply.role, name: reply.name, incarnation: reply.incarnation)
        let peer = Peer(identity, home: home, socket: dealer, route: nil, owner: self)
        failures = 0
        state = .up(peer, ping: .now + home.timing.ping)
        home.logger.notice("a peer is here", metadata: peer.metadata)
        meeting.set(peer)
        home.handlers.up?(peer)
    }

    // MARK: Life and death

    func lost(_ peer: Peer, _ reason: String) {
        guard case .up(let current, _) = state, current === peer else { return }
        retry(peer.lostFault(reason))
        meeting.set(nil)
        peer.end(reason)
    }

    func attend(_ peer: Peer, by due: ContinuousClock.Instant) { clock.attend(by: due) }

    func attend(by due: ContinuousClock.Instant) { clock.attend(by: due) }

    func blocked(_ peer: Peer) { clock.block(peer, now: home.reactor.now) }

    private func resend() {
        for peer in clock.takeBlocked() where !peer.flush() { clock.block(peer, now: home.reactor.now) }
    }

    func wake(_ now: ContinuousClock.Instant) {
        if clock.takeSweep(now) {
            meeting.expire(now)
            if let earliest = meeting.earliest { clock.attend(by: earliest) }
        }
        switch state {
        case .idle, .closed: break
        case .waiting(let until): if until <= now { dial() }
        case .greeting(let correlation, let since, let again): if again <= now { repeatHello(correlation, since, now) }
        case .up(let peer, let ping): watch(peer, ping, now)
        }
    }

    /// Repeats the hello: a listener may have died with the first one. Too long without an answer, a fresh socket is
    /// tried, since this one may be bound to something that is gone (`inproc` does not connect again by itself).
    private func repeatHello(_ correlation: UInt64, _ since: ContinuousClock.Instant, _ now: ContinuousClock.Instant) {
        guard now - since < home.timing.silence else { return retry(Fault(.unavailable, "nobody answers")) }
        state = .greeting(correlation: correlation, since: since, again: now + home.timing.ping)
        _ = dealer?.send(Greeting.hello(home.identity, correlation: correlation, within: home.timing.silence), to: nil)
    }

    private func watch(_ peer: Peer, _ ping: ContinuousClock.Instant, _ now: ContinuousClock.Instant) {
        guard now - peer.lastHeard <= home.timing.silence else {
            return lost(peer, "nothing was heard for \(home.timing.silence)")
        }
        peer.expire(now)
        clock.note(peer, now: now)
        guard ping <= now else { return }
        state = .up(peer, ping: now + home.timing.ping)
        let number = peer.nextCorrelation()
        let frame = Greeting.ping(home.identity, correlation: number, within: home.timing.silence)
        peer.ask(frame, number, Ping.type, within: home.timing.silence) { [weak peer] result in
            guard let peer, let body = try? result.get(), let pong = try? Wire.decode(Pong.self, from: body),
                pong.incarnation != peer.identity.incarnation
            else { return }
            peer.doom("it was restarted", dropping: 0, as: .peerLost)
        }
    }

    func forgive(_ pause: Duration) {
        if case .up(let peer, _) = state { peer.lastHeard += pause }
    }

    func end(linger: Duration) {
        if case .closed = state { return }
        let before = state
        state = .closed
        meeting.close()
        if case .up(let peer, _) = before {
            peer.deliverOnce(Greeting.bye(home.identity, "it is closing"))
            peer.end("this end was closed")
        }
        hangUp(linger: linger)
    }
}
