import Messages

/// A message as it was received.
struct Inbound {
    /// Who sent it, on a ROUTER.
    var route: RoutingID?
    /// Its header, or what is wrong with the message.
    var header: Result<Header, Fault>
    /// The correlation, as far as it can be read from a header that is wrong otherwise.
    var correlation: UInt64 = 0
    /// Whether its kind, as far as that can be read, wants an answer.
    var asks = false
    var body: [UInt8] = []
}

extension Socket {
    /// Takes the next message; nil when there is none.
    func next(routed: Bool) -> Inbound? {
        var route: RoutingID?
        if routed {
            guard let part = receive({ RoutingID($0) }) else { return nil }
            route = part.value
            guard part.more else {
                return Inbound(route: route, header: .failure(Fault(.malformed, "the message has no header")))
            }
        }
        guard let first = receive({ Self.head($0) }) else { return nil }
        var inbound = first.value
        inbound.route = route
        guard first.more, let second = receive({ $0.count <= MeshBounds.frame ? Array($0) : nil }) else {
            return inbound
        }
        if second.more { while let part = receive({ _ in }), part.more {} }
        if second.more || !inbound.body.isEmpty {
            inbound.header = .failure(Fault(.malformed, "the message has more than a header and a body"))
        } else if let body = second.value {
            inbound.body = body
        } else {
            inbound.header = .failure(Fault(.messageTooLarge, "the body is over \(MeshBounds.frame) bytes"))
        }
        return inbound
    }

    /// Reads the first part: a header, and the body if that is in the same part.
    private static func head(_ bytes: UnsafeRawBufferPointer) -> Inbound {
        let correlation = bytes.count >= 16 ? bytes.littleEndian(UInt64.self, at: 8) : 0
        let kind = bytes.count >= 16 ? bytes[1] : 0
        var inbound = Inbound(
            header: .failure(Fault(.malformed, "the header cannot be read")), correlation: correlation,
            asks: kind == FrameKind.request.rawValue || kind == FrameKind.subscribe.rawValue)
        do {
            let (header, size) = try Header.decode(bytes)
            inbound.header = .success(header)
            if bytes.count > size { inbound.body = Array(bytes[size...]) }
        } catch let fault as Fault {
            inbound.header = .failure(fault)
        } catch {}
        return inbound
    }
}
