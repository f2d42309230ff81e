import CZeroMQ
import Messages

/// Tells when libzmq has lost the connection of a dialled socket. libzmq makes it again without a word; whoever it was
/// made to may be dead, and its silence would only be noticed after seconds.
///
/// A member of the reactor besides its link: libzmq reports through a pair of sockets (`zmq_socket_monitor`, which sends
/// an event in two parts). An `inproc` connection has no such events.
final class ConnectionWatch: ReactorMember {
    private let pair: Socket
    private let watched: Socket
    private let reactor: Reactor
    private let onLoss: () -> Void

    /// Watches until ``stop()``. Nil when libzmq has no room for it: then silence tells, as ever.
    /// - Parameter onLoss: Called on the reactor, each time.
    init?(_ watched: Socket, reactor: Reactor, onLoss: @escaping () -> Void) {
        let events = "inproc://connection-\(UInt(bitPattern: watched.pointer))"
        guard zmq_socket_monitor(watched.pointer, events, ZMQ_EVENT_DISCONNECTED) == 0,
            let pair = try? Socket(ZMQ_PAIR, reactor: reactor), zmq_connect(pair.pointer, events) == 0
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

    /// Ends it; before the watched socket is closed, since libzmq gives the next socket the same address in memory and
    /// with it the same name.
    func stop() {
        reactor.remove(self)
        end(linger: .zero)
    }

    func end(linger: Duration) {
        if !watched.isClosed { zmq_socket_monitor(watched.pointer, nil, 0) }
        pair.close(linger: .zero)
    }

    func wake(_ now: ContinuousClock.Instant) {}
    func forgive(_ pause: Duration) {}
}
