import CZeroMQ
import Logging
import Messages

/// A link's socket and its state; only touched on the reactor.
///
/// The socket has no routing id of its own, so the ROUTER gives each *connection* a fresh one. A connection that libzmq
/// has made again without a report is then unknown to the ROUTER, which answers with a bye, instead of continuing with
/// a gap in the stream.
final class LinkCore: ReactorMember, PeerOwner, @unchecked Sendable {
    private enum State {
        case idle
        /// Between two attempts to connect.
        case waiting(until: ContinuousClock.Instant)
        /// The hello is sent and not answered yet.
        case greeting(correlation: UInt64, since: ContinuousClock.Instant, again: ContinuousClock.Instant)
        case up(PeerReceiver, ping: ContinuousClock.Instant)
        case closed
    }

    private let endpoint: String
    /// The role that the other end must play; nil = any.
    private let role: ServiceRole?
    /// The key that the registry has named for the other end.
    private let key: MeshKey?
    private let end: LocalEnd
    private let waiters: PeerWaiters
    private var dealer: Socket?
    private var watch: ConnectionWatch?
    /// The key that the socket expects, and the list that allows it; nil for an end on this machine.
    private var expected: (key: MeshKey, allowed: AllowList)?
    /// How often a key was chosen: with several that are possible, each attempt takes the next one.
    private var keysTried = 0
    private var state = State.idle
    private var clock: PeerClock
    private var failures = 0
    private var correlation: UInt64 = 0

    init(_ endpoint: String, role: ServiceRole?, key: MeshKey?, end: LocalEnd, waiters: PeerWaiters) {
        self.endpoint = endpoint
        self.role = role
        self.key = key
        self.end = end
        self.waiters = waiters
        clock = PeerClock(timing: end.timing, now: .now)
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
        guard end.reactor.context != nil else { return close(linger: .zero) }
        end.reactor.add(self)
        dial()
    }

    private func dial() {
        do {
            let protection = try end.reactor.security.protection(of: endpoint)
            let socket = try Socket(ZMQ_DEALER, in: end.reactor.context)
            dealer = socket
            try secure(socket, protection)
            watch = ConnectionWatch(socket, reactor: end.reactor, handshakes: socket.isSecured) {
                [unowned self] in happened($0)
            }
            socket.set(ZMQ_RECONNECT_IVL, 50)
            socket.set(ZMQ_RECONNECT_IVL_MAX, 500)
            guard zmq_connect(socket.pointer, endpoint) == 0 else {
                throw Fault(.unavailable, "cannot dial \(endpoint): \(Socket.reason())")
            }
            correlation += 1
            let now = ContinuousClock.now
            state = .greeting(correlation: correlation, since: now, again: now + end.timing.ping)
            sendHello(correlation)
        } catch {
            retry(error as? Fault ?? Fault(.unavailable, "cannot dial \(endpoint)"))
        }
    }

    private func secure(_ socket: Socket, _ protection: MeshSecurity.Protection) throws {
        expected = nil
        guard case .curve(let pair, let allowed) = protection else { return }
        var keys = allowed.keys(of: role)
        // The registry's word decides only which of the allowed keys is tried first.
        if let key, let index = keys.firstIndex(of: key) { keys.swapAt(0, index) }
        guard !keys.isEmpty else {
            let name = role.map { "\($0)" } ?? "service"
            throw Fault(.unavailable, "cannot dial \(endpoint): the allow-list has no key of a \(name)")
        }
        let key = keys[keysTried % keys.count]
        keysTried += 1
        try socket.secure(dialling: key, as: pair)
        expected = (key, allowed)
    }

    private func sendHello(_ correlation: UInt64) {
        _ = dealer?.send(
            Handshake.hello(end.identity, correlation: correlation, within: end.timing.silence), to: nil)
    }

    /// Closes the socket and dials again after a pause. The pause grows to a second and is jittered, so that the links
    /// to one listener do not all reconnect at once.
    private func retry(_ fault: Fault) {
        waiters.recordFailure(fault)
        var level = Logger.Level.debug
        // No later attempt heals these, so an operator must see them.
        if [.invalidRequest, .roleNotAllowed].contains(fault.code) {
            if end.reactor.refusals.admit("dial \(endpoint)", now: end.reactor.now) != nil { level = .warning }
        }
        end.logger.log(
            level: level, "dialling again", metadata: ["endpoint": "\(endpoint)", "reason": "\(fault.message)"])
        closeSocket(linger: .zero)
        let pause = min(MeshBounds.retry.lowerBound * (1 << min(failures, 6)), MeshBounds.retry.upperBound)
        failures += 1
        state = .waiting(until: .now + pause * Double.random(in: 0.5...1))
    }

    private func closeSocket(linger: Duration) {
        watch?.stop()
        watch = nil
        dealer?.close(linger: linger)
        dealer = nil
    }

    private func happened(_ event: ConnectionWatch.Event) {
        guard dealer != nil, event != .lost else { return disconnected() }
        guard case .greeting = state else { return }
        let reason =
            event == .keyRefused
            ? "it refuses this service's key; add the key to its allow-list"
            : "the handshake failed; its key is another one than the allow-list has"
        retry(Fault(.roleNotAllowed, "cannot dial \(endpoint): \(reason)"))
    }

    /// Handles the loss of the connection, after what was received before it: that may be a bye.
    private func disconnected() {
        while receive() {}
        guard case .up(let receiver, _) = state else { return }
        peerLost(receiver.peer, "disconnected")
    }

    // MARK: Receiving

    func receive() -> Bool {
        var count = 0
        var inbound = Inbound()
        while count < MeshBounds.received, dealer?.next(routed: false, into: &inbound) == true {
            count += 1
            switch state {
            case .up(let receiver, _): receiver.receive(inbound)
            case .greeting(let correlation, _, _): receiveHelloReply(inbound, correlation)
            case .idle, .waiting, .closed: break
            }
        }
        if count > 0 { end.reactor.counters.receive(count) }
        if clock.isBlocked { resend() }
        return count > 0
    }

    private func receiveHelloReply(_ inbound: Inbound, _ correlation: UInt64) {
        if let fault = inbound.fault { return end.reactor.counters.drop(MeshDropReason(fault)) }
        let header = inbound.header
        let isBye = header.kind == .notice && header.type == Bye.type
        let isReply = header.correlation == correlation && [.reply, .failure].contains(header.kind)
        guard isBye || isReply else { return end.reactor.counters.drop(.unexpected) }
        end.reactor.counters.take()
        if isBye { return retry(Fault(.unavailable, "the peer said goodbye")) }
        do {
            guard header.kind == .reply else { throw try Wire.decode(Fault.self, from: inbound.body) }
            connected(try Wire.decode(HelloReply.self, from: inbound.body))
        } catch {
            let fault = error as? Fault ?? Fault(.malformed, "the reply to hello cannot be read")
            end.logger.warning(
                "hello was refused", metadata: ["endpoint": "\(endpoint)", "reason": "\(fault.message)"])
            retry(fault)
        }
    }

    private func connected(_ reply: HelloReply) {
        guard let dealer else { return }
        var identity = Identity(role: reply.role, name: reply.name, incarnation: reply.incarnation)
        guard role == nil || role == reply.role, isAllowed(as: reply.role) else {
            let wanted = role.map { "not a \($0)" } ?? "which its key may not be"
            return retry(Fault(.roleNotAllowed, "the service at \(endpoint) is a \(reply.role), \(wanted)"))
        }
        identity.key = expected?.key
        // The next connection tries this key first.
        if expected != nil { keysTried -= 1 }
        let receiver = PeerReceiver(identity, at: end, socket: dealer, route: nil, owner: self)
        failures = 0
        state = .up(receiver, ping: .now + end.timing.ping)
        end.logger.notice("peer connected", metadata: receiver.peer.metadata)
        waiters.set(receiver.peer)
        end.handlers.up?(receiver.peer)
    }

    /// Whether the key of the other end may play a role.
    private func isAllowed(as role: ServiceRole) -> Bool {
        expected.map { $0.allowed.allows($0.key, as: role) } ?? true
    }

    // MARK: Watching the peer

    func peerLost(_ peer: Peer, _ reason: String) {
        guard case .up(let receiver, _) = state, receiver.peer === peer else { return }
        retry(peer.lostFault(reason))
        waiters.set(nil)
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
        if clock.takeSweep(now) {
            waiters.failExpired(now)
            if let earliest = waiters.earliest { clock.sweep(by: earliest) }
        }
        switch state {
        case .idle, .closed: break
        case .waiting(let until): if until <= now { dial() }
        case .greeting(let correlation, let since, let again): if again <= now { repeatHello(correlation, since, now) }
        case .up(let receiver, let ping): check(receiver, ping, now)
        }
    }

    /// Repeats the hello, since a listener may have died with the first one. After too long without a reply it opens a
    /// new socket: the old one may be connected to something that is gone (`inproc` does not reconnect).
    private func repeatHello(_ correlation: UInt64, _ since: ContinuousClock.Instant, _ now: ContinuousClock.Instant) {
        guard now - since < end.timing.silence else { return retry(Fault(.unavailable, "no reply to hello")) }
        state = .greeting(correlation: correlation, since: since, again: now + end.timing.ping)
        sendHello(correlation)
    }

    private func check(_ receiver: PeerReceiver, _ ping: ContinuousClock.Instant, _ now: ContinuousClock.Instant) {
        let peer = receiver.peer
        guard now - receiver.lastReceived <= end.timing.silence else {
            return peerLost(peer, "nothing received for \(end.timing.silence)")
        }
        guard isAllowed(as: peer.identity.role) else {
            return peerLost(peer, "its key is no longer in the allow-list")
        }
        peer.failExpired(now)
        clock.scheduleDeadlines(of: peer, now: now)
        guard ping <= now else { return }
        state = .up(receiver, ping: now + end.timing.ping)
        sendPing(peer)
    }

    private func sendPing(_ peer: Peer) {
        let number = peer.nextCorrelation()
        let frame = Handshake.ping(end.identity, correlation: number, within: end.timing.silence)
        peer.sendRequest(frame, number, Ping.type, within: end.timing.silence) { [weak peer] result in
            guard let peer, let body = try? result.get(), let pong = try? Wire.decode(Pong.self, from: body),
                pong.incarnation != peer.identity.incarnation
            else { return }
            peer.channel.sender.markDown("the peer restarted")
        }
    }

    func excuseSilence(of pause: Duration) {
        if case .up(let receiver, _) = state { receiver.lastReceived += pause }
    }

    func close(linger: Duration) {
        if case .closed = state { return }
        let before = state
        state = .closed
        waiters.close()
        if case .up(let receiver, _) = before {
            receiver.peer.channel.sender.deliverOnce(Handshake.bye(end.identity, "closing"))
            receiver.close("closing")
        }
        closeSocket(linger: linger)
    }
}
