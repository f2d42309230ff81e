import CZeroMQ
import Messages

/// A ZeroMQ socket. libzmq's sockets belong to one thread at a time: the reactor's, which owns all of them.
final class Socket {
    /// What became of a message that was to be sent.
    enum Sent { case sent, full, gone }

    let pointer: UnsafeMutableRawPointer
    private let context: UnsafeMutableRawPointer
    /// Readable when there is news of any kind; ``isReadable`` tells of which.
    let descriptor: Int32
    private let message: UnsafeMutablePointer<zmq_msg_t>
    private(set) var isClosed = false

    /// - Throws: ``Fault`` `unavailable`.
    init(_ type: Int32, reactor: Reactor) throws {
        guard let context = reactor.context, let pointer = zmq_socket(context, type) else {
            throw Fault(.unavailable, "no socket can be opened: \(Self.reason())")
        }
        self.pointer = pointer
        self.context = context
        var descriptor = Int32(-1)
        var length = 4
        zmq_getsockopt(pointer, ZMQ_FD, &descriptor, &length)
        self.descriptor = descriptor
        message = .allocate(capacity: 1)
        zmq_msg_init(message)
        set(ZMQ_SNDHWM, MeshBounds.highWaterMark)
        set(ZMQ_RCVHWM, MeshBounds.highWaterMark)
        set(ZMQ_LINGER, Int32(MeshBounds.linger / .milliseconds(1)))
        var largest = Int64(MeshBounds.frame)
        zmq_setsockopt(pointer, ZMQ_MAXMSGSIZE, &largest, 8)
    }

    deinit {
        close()
        zmq_msg_close(message)
        message.deallocate()
    }

    /// Whether there is a message to receive.
    var isReadable: Bool {
        var events = Int32(0)
        var length = 4
        return !isClosed && zmq_getsockopt(pointer, ZMQ_EVENTS, &events, &length) == 0 && events & ZMQ_POLLIN != 0
    }

    /// Sets an option; those of libzmq are all `int`s but the ones above.
    func set(_ option: Int32, _ value: Int32) {
        var value = value
        zmq_setsockopt(pointer, option, &value, 4)
    }

    /// Closes it; what was accepted for sending goes on being sent for the time of lingering.
    func close(linger: Duration? = nil) {
        guard !isClosed else { return }
        isClosed = true
        if let linger { set(ZMQ_LINGER, Int32(linger / .milliseconds(1))) }
        zmq_close(pointer)
    }

    /// Gives its address up, and waits (about a millisecond, at most 200) until that has happened: libzmq does it on
    /// a thread of its own, and would remove the file of an `ipc` socket that the next owner of the path has made.
    func unbind() {
        let endpoint = lastEndpoint
        let events = "inproc://unbound-\(UInt(bitPattern: pointer))"
        guard !endpoint.hasPrefix("inproc:"),
            zmq_socket_monitor(pointer, events, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CLOSE_FAILED) == 0,
            let monitor = zmq_socket(context, ZMQ_PAIR)
        else { return }
        defer { zmq_close(monitor) }
        guard zmq_connect(monitor, events) == 0, zmq_unbind(pointer, endpoint) == 0 else { return }
        var item = [zmq_pollitem_t(socket: monitor, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)]
        zmq_poll(&item, 1, 200)
        zmq_socket_monitor(pointer, nil, 0)
    }

    /// Where it is bound, with the port that was found.
    var lastEndpoint: String {
        var length = 1024
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: length) { text in
            guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, text.baseAddress!, &length) == 0 else { return "" }
            return String(cString: text.baseAddress!)
        }
    }

    /// Sends a message to `route` (ROUTER) or to the one other end (DEALER); never waits.
    func send(_ frame: Frame, to route: RoutingID?) -> Sent {
        guard !isClosed else { return .gone }
        if let route {
            guard route.withBytes({ part($0, more: true) }) else { return Self.refusal() }
        }
        guard frame.head.withUnsafeBytes({ part($0, more: frame.body != nil) }) else { return Self.refusal() }
        // Once the first part is taken, the others are: libzmq counts whole messages.
        if let body = frame.body, !body.withUnsafeBytes({ part($0, more: false) }) { return Self.refusal() }
        return .sent
    }

    private func part(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Bool {
        let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
        while zmq_send(pointer, bytes.baseAddress, bytes.count, flags) < 0 {
            if zmq_errno() != EINTR { return false }
        }
        return true
    }

    private static func refusal() -> Sent { zmq_errno() == EAGAIN ? .full : .gone }

    /// Takes the next part, if there is one, and reads it with `body`; tells whether the message has more.
    @inline(__always)
    func receive(_ body: (UnsafeRawBufferPointer) -> Void) -> Bool? {
        guard !isClosed else { return nil }
        while zmq_msg_recv(message, pointer, ZMQ_DONTWAIT) < 0 {
            if zmq_errno() != EINTR { return nil }
        }
        body(UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message)))
        return zmq_msg_more(message) != 0
    }

    /// What libzmq says about the last failure.
    static func reason() -> String { zmq_strerror(zmq_errno()).map { String(cString: $0) } ?? "unknown" }
}
