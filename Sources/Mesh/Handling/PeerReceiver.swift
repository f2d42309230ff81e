import Messages

/// The way in; on the reactor, in the order of arrival.
extension Peer {
    /// Takes a message.
    func take(_ inbound: Inbound) {
        lastHeard = home.reactor.now
        if let fault = inbound.fault {
            home.reactor.counters.drop(DropReason(fault))
            if inbound.asks { refuse(inbound.correlation, fault) }
            return
        }
        switch take(inbound.header, inbound.body) {
        case .taken: home.reactor.counters.take()
        case .dropped(let reason): home.reactor.counters.drop(reason)
        case .open: break
        }
    }

    /// What became of a message; `open` = a request whose body is yet to be read, which counts then.
    enum Outcome {
        case taken
        case dropped(DropReason)
        case open
    }

    private func take(_ header: Header, _ body: [UInt8]) -> Outcome {
        switch header.kind {
        case .notice: return notice(header, body)
        case .request: return serve(header, body)
        case .reply: return reply(header, body)
        case .failure: return failure(header.correlation, body)
        case .subscribe: return open(header, body)
        case .item: return subscriptions[header.correlation]?.take(body) == nil ? .dropped(.unexpected) : .taken
        case .end:
            guard let subscription = subscriptions.removeValue(forKey: header.correlation) else {
                return .dropped(.unexpected)
            }
            subscription.end(nil)
        case .credit:
            guard let outlet = outlets[header.correlation] else { return .dropped(.unexpected) }
            outlet.give(header.budget)
        case .cancel:
            guard let outlet = outlets.removeValue(forKey: header.correlation) else { return .dropped(.unexpected) }
            outlet.close()
        }
        return .taken
    }

    private func notice(_ header: Header, _ body: [UInt8]) -> Outcome {
        if header.session != 0, let relay = home.handlers.relay, relay(header, body, self) { return .taken }
        if header.type == Bye.type { return farewell(body) }
        guard let handler = noticeHandler(header.type) else { return .dropped(.unknownType) }
        do {
            try handler(body, context(header))
            return .taken
        } catch {
            return .dropped((error as? Fault)?.code == .messageTooLarge ? .tooLarge : .undecodable)
        }
    }

    /// Looks the handler up; messages come in runs of one type, so the last one is tried first.
    private func noticeHandler(_ type: String) -> Handlers.Notice? {
        if let lastNotice, lastNotice.type == type { return lastNotice.handler }
        guard let handler = home.handlers.notices[type] else { return nil }
        lastNotice = (type, handler)
        return handler
    }

    private func farewell(_ body: [UInt8]) -> Outcome {
        guard let bye = try? Wire.decode(Bye.self, from: body) else { return .dropped(.undecodable) }
        doom("it said goodbye: \(bye.reason)", dropping: 0, as: .peerLost)
        return .taken
    }

    private func failure(_ correlation: UInt64, _ body: [UInt8]) -> Outcome {
        let fault =
            (try? Wire.decode(Fault.self, from: body)) ?? Fault(.malformed, "the other end's failure cannot be read")
        if let subscription = subscriptions.removeValue(forKey: correlation) {
            subscription.end(fault)
            return .taken
        }
        guard let resolve = pending.remove(correlation) else { return .dropped(.unexpected) }
        resolve(.failure(fault))
        return .taken
    }

    private func reply(_ header: Header, _ body: [UInt8]) -> Outcome {
        if let resolve = pending.remove(header.correlation) {
            resolve(.success(body))
            return .taken
        }
        // A hello that was repeated may have reached the next life of the other end.
        if header.type == HelloReply.type, let hello = try? Wire.decode(HelloReply.self, from: body),
            hello.incarnation != identity.incarnation
        {
            doom("it was restarted", dropping: 0, as: .peerLost)
            return .taken
        }
        return .dropped(.unexpected)
    }

}

extension DropReason {
    /// Why a message with this fault is dropped.
    init(_ fault: Fault) {
        switch fault.code {
        case .versionIncompatible: self = .version
        case .messageTooLarge: self = .tooLarge
        default: self = .malformed
        }
    }
}
