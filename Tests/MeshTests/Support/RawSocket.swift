import CZeroMQ
import Messages
import TestSupport

@testable import Mesh

/// A bare ZeroMQ socket, for peers that violate the protocol. For one thread at a time.
final class RawSocket {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer

    /// - Parameter queue: Received messages that libzmq queues; nil = its default of 1,000.
    init(_ type: Int32, queue: Int32? = nil) throws {
        guard let context = zmq_ctx_new(), let socket = zmq_socket(context, type) else {
            throw Overdue("a socket", after: .zero)
        }
        self.context = context
        self.socket = socket
        if var queue { zmq_setsockopt(socket, ZMQ_RCVHWM, &queue, 4) }
        var timeout: Int32 = 20_000
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, 4)
        zmq_setsockopt(socket, ZMQ_SNDTIMEO, &timeout, 4)
        var linger: Int32 = 5_000
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, 4)
    }

    func bind(_ endpoint: String) throws -> String {
        guard zmq_bind(socket, endpoint) == 0 else { throw Overdue("bound to \(endpoint)", after: .zero) }
        var text = [CChar](repeating: 0, count: 256)
        var length = text.count
        zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, &text, &length)
        return String(decoding: text.prefix(max(0, length - 1)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Uses keys: those of `pair`, and the one that `server` must have.
    func secure(_ pair: MeshKeyPair, server: MeshKey) {
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server.characters, MeshKey.length)
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, pair.publicKey.characters, MeshKey.length)
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, pair.secret, MeshKey.length)
    }

    func connect(_ endpoint: String) throws {
        guard zmq_connect(socket, endpoint) == 0 else { throw Overdue("connected to \(endpoint)", after: .zero) }
    }

    /// Sends the parts of a message; false after 20 s with a full queue.
    @discardableResult
    func send(_ parts: [[UInt8]]) -> Bool {
        for (index, part) in parts.enumerated() {
            let more = index < parts.count - 1 ? ZMQ_SNDMORE : 0
            guard zmq_send(socket, part, part.count, more) >= 0 else { return false }
        }
        return true
    }

    /// Returns the parts of the next message; nil after 20 s, or at once when there is none and `wait` is false.
    func receive(wait: Bool = true) -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        repeat {
            guard zmq_msg_recv(&message, socket, wait || !parts.isEmpty ? 0 : ZMQ_DONTWAIT) >= 0 else { return nil }
            parts.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
        } while zmq_msg_more(&message) != 0
        return parts
    }

    /// As ``receive(wait:)``, with another limit than 20 s.
    func receive(within limit: Duration) -> [[UInt8]]? {
        var item = [zmq_pollitem_t(socket: socket, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)]
        zmq_poll(&item, 1, Int(limit / .milliseconds(1)))
        return receive(wait: false)
    }

    /// Sends a hello of `identity`.
    func sendHello(_ identity: Identity, oldest: UInt8 = 1, newest: UInt8 = 1, correlation: UInt64 = 1) {
        let hello = Hello(
            oldest: oldest, newest: newest, role: identity.role, name: identity.name,
            incarnation: identity.incarnation)
        send([
            Header(.request, type: Hello.type, correlation: correlation, budget: 1000).encoded(),
            (try? Wire.encode(hello)) ?? [],
        ])
    }

    /// Returns the next message to a DEALER; its body is in the header's part or in a part of its own.
    func receiveMessage() -> (header: Header, body: [UInt8])? {
        guard let parts = receive(), let (header, body) = try? Header.split(parts[0]) else { return nil }
        return (header, parts.count > 1 ? parts[1] : body)
    }

    /// Returns the fault in the next message; nil if that is no failure.
    func receiveFault() -> Fault? {
        guard let (header, body) = receiveMessage(), header.kind == .failure else { return nil }
        return try? Wire.decode(Fault.self, from: body)
    }

    func close() {
        zmq_close(socket)
        zmq_ctx_term(context)
    }
}
