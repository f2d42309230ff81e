import CZeroMQ
import Messages

/// Reports when the connection of a dialled socket is lost. libzmq reconnects without a report, and the peer may be
/// dead; silence alone would show that only after seconds.
///
/// A reactor member of its own: libzmq reports through a pair of sockets (`zmq_socket_monitor`, an event in two parts).
/// An `inproc` connection has no such events.
final class ConnectionWatch: ReactorMember {
    private let pair: Socket
    private let watched: Socket
    private let reactor: Reactor
    private let onLoss: () -> Void

    /// Watches until ``stop()``. Nil when libzmq cannot open the pair: only silence then shows a loss.
    /// - Parameter onLoss: Called on the reactor at each loss.
    init?(_ watched: Socket, reactor: Reactor, onLoss: @escaping () -> Void) {
        let events = "inproc://connection-\(UInt(bitPattern: watched.pointer))"
        guard zmq_socket_monitor(watched.pointer, events, ZMQ_EVENT_DISCONNECTED) == 0,
            let pair = try? Socket(ZMQ_PAIR, in: reactor.context), zmq_connect(pair.pointer, events) == 0
        else { return nil }
        self.watched = watched
        self.pair = pair
        self.reactor = reactor
        self.onLoss = onLoss
        reactor.add(self)
    }

    var socket: Socket? { pair }
    var nextWake: ContinuousClock.Instant? { nil }

    func receive() -> Bool {
        guard let more = pair.receive({ _ in }) else { return false }
        if more { _ = pair.receive({ _ in }) }
        onLoss()
        return true
    }

    /// Stops watching. Call it before the watched socket is closed: libzmq may give the next socket the same address in
    /// memory, and so the same monitor name.
    func stop() {
        reactor.remove(self)
        close(linger: .zero)
    }

    func close(linger: Duration) {
        if !watched.isClosed { zmq_socket_monitor(watched.pointer, nil, 0) }
        pair.close(linger: .zero)
    }

    func wake(_ now: ContinuousClock.Instant) {}
    func excuseSilence(of pause: Duration) {}
}
