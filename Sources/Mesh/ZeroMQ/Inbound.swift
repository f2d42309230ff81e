import Messages

/// A received message. One value is reused for a run of messages, since creating and copying it would cost more than
/// parsing a small message.
struct Inbound {
    /// The sender's route, on a ROUTER.
    var route = RoutingID()
    /// The key that the sender has proved to have; nil on a socket without keys.
    var key: MeshKey?
    /// The header; that of an earlier message when there is a ``fault``.
    var header = Header(.notice, type: "")
    /// Why the message cannot be processed; nil for a valid one.
    var fault: Fault?
    /// The correlation, read even when the rest of the header is malformed.
    var correlation: UInt64 = 0
    /// Whether the sender expects a reply, read even when the rest of the header is malformed.
    var expectsReply = false
    var body: [UInt8] = []
}

extension Socket {
    /// Receives the next message; false when there is none.
    func next(routed: Bool, into inbound: inout Inbound) -> Bool {
        if routed {
            guard let more = receive({ inbound.route = RoutingID($0) }) else { return false }
            guard more else {
                inbound.fault = Fault(.malformed, "the message has no header")
                inbound.expectsReply = false
                return true
            }
        }
        guard let more = receive({ Self.parse($0, into: &inbound) }) else { return false }
        // The body of a message comes from the same connection, so the header's sender is its sender.
        if isSecured { inbound.key = sender }
        if more { readBody(into: &inbound) }
        return true
    }

    /// Reads the second part: a body too large to share the header's part.
    private func readBody(into inbound: inout Inbound) {
        let joined = !inbound.body.isEmpty
        var tooLarge = false
        let more = receive { bytes in
            tooLarge = bytes.count > MeshBounds.frame
            inbound.body = tooLarge ? [] : Array(bytes)
        }
        if more == true { while receive({ _ in }) == true {} }
        guard inbound.fault == nil else { return }
        if joined || more == true {
            inbound.fault = Fault(.malformed, "the message has more than a header and a body")
        } else if tooLarge {
            inbound.fault = Fault(.messageTooLarge, "the body is over \(MeshBounds.frame) bytes")
        }
    }

    /// Parses the first part: a header, and the body if it is in the same part.
    private static func parse(_ bytes: UnsafeRawBufferPointer, into inbound: inout Inbound) {
        if inbound.fault != nil { inbound.fault = nil }
        let kind = bytes.count >= 16 ? bytes[1] : 0
        inbound.correlation = bytes.count >= 16 ? bytes.littleEndian(UInt64.self, at: 8) : 0
        inbound.expectsReply = kind == FrameKind.request.rawValue || kind == FrameKind.subscribe.rawValue
        do {
            let size: Int
            (inbound.header, size) = try Header.decode(bytes)
            inbound.body = Array(UnsafeRawBufferPointer(rebasing: bytes[size...]))
        } catch {
            inbound.body = []
            inbound.fault = error as? Fault ?? Fault(.malformed, "the header cannot be read")
        }
    }
}
