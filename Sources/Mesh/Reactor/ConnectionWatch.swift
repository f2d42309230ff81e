import CZeroMQ
import Messages

/// Reports what happens to the connections of a socket. libzmq reconnects a dialled one without a report, and the peer
/// may be dead; silence alone would show that only after seconds. It also drops a connection that cannot prove its key
/// without a report.
///
/// A reactor member of its own: libzmq reports through a pair of sockets (`zmq_socket_monitor`, an event in two parts).
/// An `inproc` connection has no such events.
final class ConnectionWatch: ReactorMember {
    private let pair: Socket
    private let watched: Socket
    private let reactor: Reactor
    private let onEvent: (Event) -> Void

    /// What has happened to a connection.
    enum Event {
        case lost
        /// The other end is no CURVE end, or the keys do not fit.
        case handshakeFailed
        /// The other end has refused this end's key.
        case keyRefused
    }

    /// Watches until ``stop()``. Nil when libzmq cannot open the pair: only silence then shows a loss.
    /// - Parameters:
    ///   - handshakes: Whether to report failed handshakes too.
    ///   - onEvent: Called on the reactor at each event.
    init?(_ watched: Socket, reactor: Reactor, handshakes: Bool = false, onEvent: @escaping (Event) -> Void) {
        let events = "inproc://connection-\(UInt(bitPattern: watched.pointer))"
        let failures =
            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        guard
            zmq_socket_monitor(watched.pointer, events, ZMQ_EVENT_DISCONNECTED | (handshakes ? failures : 0)) == 0,
            let pair = try? Socket(ZMQ_PAIR, in: reactor.context)
        else { return nil }
        // libzmq's own thread, which serves all sockets, would wait at a full queue. An event has a few bytes, and a
        // connection has a few events.
        pair.set(ZMQ_RCVHWM, 0)
        guard zmq_connect(pair.pointer, events) == 0 else { return nil }
        self.watched = watched
        self.pair = pair
        self.reactor = reactor
        self.onEvent = onEvent
        reactor.add(self)
    }

    var socket: Socket? { pair }
    var nextWake: ContinuousClock.Instant? { nil }

    func receive() -> Bool {
        var count = 0
        while count < MeshBounds.received, let parts = pair.receiveParts() {
            count += 1
            guard let first = parts.first, first.count >= 2 else { continue }
            // The number of the event, in the byte order of this machine.
            switch Int32(first.withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) }) {
            case ZMQ_EVENT_DISCONNECTED: onEvent(.lost)
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: onEvent(.keyRefused)
            default: onEvent(.handshakeFailed)
            }
        }
        return count > 0
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
