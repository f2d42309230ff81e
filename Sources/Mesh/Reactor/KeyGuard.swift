import CZeroMQ
import Logging
import Messages

/// Answers libzmq's question whether a connection with a proved key may be made (ZAP, RFC 27 of ZeroMQ): only for keys of
/// the allow-list. Owner of the socket that libzmq asks; one for each reactor, from its first socket with keys on.
///
/// libzmq accepts every key while nothing is bound there (as the reactor stops). Such a connection has no
/// ``Socket/sender``, so that its hello is refused.
final class KeyGuard: ReactorMember {
    private let router: Socket
    private let allowed: AllowList
    private unowned let reactor: Reactor
    private let logger: Logger

    /// - Throws: ``Fault`` `unavailable`; no socket with keys must be bound then.
    init(_ allowed: AllowList, reactor: Reactor, logger: Logger) throws {
        self.allowed = allowed
        self.reactor = reactor
        self.logger = logger
        router = try Socket(ZMQ_ROUTER, in: reactor.context)
        guard zmq_bind(router.pointer, "inproc://zeromq.zap.01") == 0 else {
            throw Fault(.unavailable, "cannot check keys: \(Socket.reason())")
        }
        reactor.add(self)
    }

    var socket: Socket? { router.isClosed ? nil : router }
    var nextWake: ContinuousClock.Instant? { nil }

    func receive() -> Bool {
        var count = 0
        while count < MeshBounds.received, let parts = router.receiveParts() {
            count += 1
            answer(parts)
        }
        return count > 0
    }

    /// Answers a question: route, empty, version, number, domain, address, routing id, mechanism, key.
    private func answer(_ parts: [[UInt8]]) {
        guard parts.count >= 4 else { return }
        let key = parts.count == 9 && parts[7] == Array("CURVE".utf8) ? MeshKey(binary: parts[8]) : nil
        let isAllowed = allowed.entry(key) != nil
        if !isAllowed {
            let subject = key.map { "\($0)" } ?? "none"
            let address = parts.count > 5 ? String(decoding: parts[5], as: UTF8.self) : ""
            reactor.refuse(.key, subject, ["key": "\(subject)", "address": "\(address)"], logger: logger)
        }
        // The user id comes back with each message of the connection: see ``Socket/sender``.
        let (status, text, user) = isAllowed ? ("200", "", key?.description ?? "") : ("400", "key not allowed", "")
        router.send(
            parts: parts[..<2] + [Array("1.0".utf8), parts[3]] + [status, text, user, ""].map { Array($0.utf8) })
    }

    func wake(_ now: ContinuousClock.Instant) {}
    func excuseSilence(of pause: Duration) {}
    func close(linger: Duration) { router.close(linger: .zero) }
}
