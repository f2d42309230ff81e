import CZeroMQ
import Messages

/// A ZeroMQ socket, only touched on the reactor: libzmq's sockets may be used by one thread at a time.
final class Socket {
    /// The result of sending a message.
    enum SendResult {
        case sent
        /// The queue of this peer is full for now.
        case full
        case unreachable
    }

    let pointer: UnsafeMutableRawPointer
    private let context: UnsafeMutableRawPointer
    /// Becomes readable after any event; ``isReadable`` checks for a message.
    let descriptor: Int32
    private let message: UnsafeMutablePointer<zmq_msg_t>
    private(set) var isClosed = false
    /// Whether every connection is protected by CURVE, so that each message has the ``sender`` that proved its key.
    private(set) var isSecured = false

    /// - Parameter context: libzmq's context; nil when the reactor has stopped.
    /// - Throws: ``Fault`` `unavailable`.
    init(_ type: Int32, in context: UnsafeMutableRawPointer?) throws {
        guard let context, let pointer = zmq_socket(context, type) else {
            throw Fault(.unavailable, "cannot open a ZeroMQ socket: \(Self.reason())")
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

    /// Sets an option of type `int`.
    func set(_ option: Int32, _ value: Int32) {
        var value = value
        zmq_setsockopt(pointer, option, &value, 4)
    }

    /// Protects a socket to bind: only connections that the reactor's ``KeyGuard`` accepts are possible.
    /// - Throws: ``Fault`` `unavailable` when libzmq refuses an option: the socket must not be bound.
    func secure(serving pair: MeshKeyPair) throws {
        var one = Int32(1)
        try require(ZMQ_CURVE_SERVER, &one, 4)
        try require(ZMQ_CURVE_SECRETKEY, pair.secret, pair.secret.count)
        try require(ZMQ_ZAP_DOMAIN, "wegent", 6)
        set(ZMQ_HANDSHAKE_IVL, Int32(MeshBounds.handshake / .milliseconds(1)))
        isSecured = true
    }

    /// Protects a socket to dial: only the end with the secret key of `server` can answer.
    /// - Throws: as ``secure(serving:)``.
    func secure(dialling server: MeshKey, as pair: MeshKeyPair) throws {
        try require(ZMQ_CURVE_SERVERKEY, server.characters, MeshKey.length)
        try require(ZMQ_CURVE_PUBLICKEY, pair.publicKey.characters, MeshKey.length)
        try require(ZMQ_CURVE_SECRETKEY, pair.secret, pair.secret.count)
        isSecured = true
    }

    private func require(_ option: Int32, _ value: UnsafeRawPointer, _ count: Int) throws {
        guard zmq_setsockopt(pointer, option, value, count) == 0 else {
            throw Fault(.unavailable, "libzmq cannot protect a socket with keys: \(Self.reason())")
        }
    }

    /// The key that the sender of the last received part has proved to have.
    var sender: MeshKey? {
        guard let text = zmq_msg_gets(message, "User-Id") else { return nil }
        var count = 0
        while count < MeshKey.length, text[count] != 0 { count += 1 }
        return MeshKey(characters: UnsafeRawBufferPointer(start: text, count: count))
    }

    /// Closes the socket; libzmq keeps sending what it has queued for up to `linger`.
    func close(linger: Duration? = nil) {
        guard !isClosed else { return }
        isClosed = true
        if let linger { set(ZMQ_LINGER, Int32(linger / .milliseconds(1))) }
        zmq_close(pointer)
    }

    /// Unbinds, and waits until that is done (about a millisecond, at most 200): libzmq unbinds on a thread of its own
    /// and could otherwise remove the `ipc` file that the next process to bind the path has created.
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

    /// The bound endpoint, with its actual port.
    var lastEndpoint: String {
        var length = 1024
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: length) { text in
            guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, text.baseAddress!, &length) == 0 else { return "" }
            return String(cString: text.baseAddress!)
        }
    }

    /// Sends a message to `route` (ROUTER) or to the one peer (DEALER); never waits.
    func send(_ frame: Frame, to route: RoutingID?) -> SendResult {
        guard !isClosed else { return .unreachable }
        if let route {
            guard route.withBytes({ part($0, more: true) }) else { return Self.sendFailure() }
        }
        guard frame.head.withUnsafeBytes({ part($0, more: frame.body != nil) }) else { return Self.sendFailure() }
        // libzmq that accepts the first part accepts the others: its limit counts whole messages.
        if let body = frame.body, !body.withUnsafeBytes({ part($0, more: false) }) { return Self.sendFailure() }
        return .sent
    }

    /// Receives a whole message; nil when there is none. For messages of libzmq itself, which are small.
    func receiveParts() -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        repeat {
            guard let more = receive({ parts.append(Array($0)) }) else { return nil }
            if !more { return parts }
        } while true
    }

    /// Sends a message of some parts; never waits. One that libzmq does not take is dropped.
    func send(parts: [[UInt8]]) {
        for (index, bytes) in parts.enumerated() {
            guard bytes.withUnsafeBytes({ part($0, more: index < parts.count - 1) }) else { return }
        }
    }

    private func part(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Bool {
        let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
        while zmq_send(pointer, bytes.baseAddress, bytes.count, flags) < 0 {
            if zmq_errno() != EINTR { return false }
        }
        return true
    }

    private static func sendFailure() -> SendResult { zmq_errno() == EAGAIN ? .full : .unreachable }

    /// Receives the next part and passes it to `body`; returns whether the message has more parts, nil when there is
    /// no part.
    @inline(__always)
    func receive(_ body: (UnsafeRawBufferPointer) -> Void) -> Bool? {
        guard !isClosed else { return nil }
        while zmq_msg_recv(message, pointer, ZMQ_DONTWAIT) < 0 {
            if zmq_errno() != EINTR { return nil }
        }
        body(UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message)))
        return zmq_msg_more(message) != 0
    }

    /// libzmq's description of the last error.
    static func reason() -> String { zmq_strerror(zmq_errno()).map { String(cString: $0) } ?? "unknown" }
}
