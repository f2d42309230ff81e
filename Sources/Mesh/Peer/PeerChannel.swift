import Messages

/// Sends to one peer from any thread: through the reactor, which owns the socket.
struct PeerChannel: Sendable {
    let reactor: Reactor
    let sender: FrameSender

    /// Whether messages can still be sent.
    var isUp: Bool { sender.isUp }

    /// Sends a message: at once on the reactor, else with the next batch that the reactor takes. Dropped and counted
    /// when the peer is down.
    func transmit(_ header: Header, _ body: [UInt8]) {
        let frame = Frame(header, body)
        if reactor.isCurrent {
            sender.deliver(frame)
        } else {
            guard isUp else { return reactor.counters.drop(.peerLost) }
            sender.post(frame)
            if !reactor.submit(.frame(sender, frame)) { reactor.counters.drop(.peerLost) }
        }
    }
}
