import Messages

/// A message as it was received. One value is used for a whole run of messages, since making and copying it would cost
/// more than reading a small message.
struct Inbound {
    /// Who sent it, on a ROUTER.
    var route = RoutingID()
    /// Its header; that of another message when there is a ``fault``.
    var header = Header(.notice, type: "")
    /// What is wrong with the message.
    var fault: Fault?
    /// The correlation, as far as it can be read from a header that is wrong otherwise.
    var correlation: UInt64 = 0
    /// Whether its kind, as far as that can be read, wants an answer.
    var asks = false
    var body: [UInt8] = []
}

extension Socket {
    /// Takes the next message; false when there is none.
    func next(routed: Bool, into inbound: inout Inbound) -> Bool {
        if routed {
            guard let more = receive({ inbound.route = RoutingID($0) }) else { return false }
            guard more else {
                inbound.fault = Fault(.malformed, "the message has no header")
                inbound.asks = false
                return true
            }
        }
        guard let more = receive({ Self.read($0, into: &inbound) }) else { return false }
        if more { readBody(into: &inbound) }
        return true
    }

    /// Reads the parts after the first one: a body that is too large for that.
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

    /// Reads the first part: a header, and the body if that is in the same part.
    private static func read(_ bytes: UnsafeRawBufferPointer, into inbound: inout Inbound) {
        if inbound.fault != nil { inbound.fault = nil }
        let kind = bytes.count >= 16 ? bytes[1] : 0
        inbound.correlation = bytes.count >= 16 ? bytes.littleEndian(UInt64.self, at: 8) : 0
        inbound.asks = kind == FrameKind.request.rawValue || kind == FrameKind.subscribe.rawValue
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
