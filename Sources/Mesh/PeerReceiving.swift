import Messages

/// The way in; on the reactor, in the order of arrival.
extension Peer {
    /// Takes a message.
    func take(_ inbound: Inbound) {
        lastHeard = home.reactor.now
        switch inbound.header {
        case .success(let header): take(header, inbound.body)
        case .failure(let fault):
            home.reactor.counters.drop(DropReason(fault))
            if inbound.asks { refuse(inbound.correlation, fault) }
        }
    }

    private func take(_ header: Header, _ body: [UInt8]) {
        switch header.kind {
        case .notice: notice(header, body)
        case .request: serve(header, body)
        case .reply: answer(header.correlation, .success(body))
        case .failure: failure(header.correlation, body)
        case .subscribe: open(header, body)
        case .item:
            guard let subscription = subscriptions[header.correlation] else { return drop(.unexpected) }
            subscription.take(body)
        case .end:
            guard let subscription = subscriptions.removeValue(forKey: header.correlation) else {
                return drop(.unexpected)
            }
            subscription.end(nil)
        case .credit:
            guard let outlet = outlets[header.correlation] else { return drop(.unexpected) }
            outlet.give(header.budget)
        case .cancel:
            guard let outlet = outlets.removeValue(forKey: header.correlation) else { return drop(.unexpected) }
            outlet.close()
        }
    }

    private func notice(_ header: Header, _ body: [UInt8]) {
        if header.session != 0, let relay = home.handlers.relay, relay(header, body, self) { return }
        if header.type == Bye.type { return farewell(body) }
        guard let handler = home.handlers.notices[header.type] else { return drop(.unknownType) }
        do { try handler(body, context(header)) } catch { drop(.undecodable) }
    }

    private func farewell(_ body: [UInt8]) {
        guard let bye = try? Wire.decode(Bye.self, from: body) else { return drop(.undecodable) }
        doom("it said goodbye: \(bye.reason)", dropping: 0, as: .peerLost)
    }

    private func serve(_ header: Header, _ body: [UInt8]) {
        if header.type == Ping.type {
            return reply(header.correlation, Pong(incarnation: home.identity.incarnation))
        }
        guard let handler = home.handlers.requests[header.type] else {
            drop(.unknownType)
            return refuse(header.correlation, Self.unknown(header.type))
        }
        guard serving < MeshBounds.servedRequests else {
            drop(.overload)
            return refuse(header.correlation, Fault(.unavailable, "too many requests are being answered; try again"))
        }
        serving += 1
        let context = context(header, deadline: home.reactor.now + .milliseconds(Int64(header.budget)))
        home.reactor.start { [self] in
            do {
                let (type, reply) = try await handler(body, context)
                answered()
                guard reply.count <= MeshBounds.frame else { throw Self.tooLarge(type, reply.count) }
                transmit(Header(.reply, type: type, correlation: header.correlation, trace: header.trace), reply)
            } catch {
                answered()
                refuse(header.correlation, fault(error, header))
            }
        }
    }

    private func answered() { home.reactor.perform { self.serving -= 1 } }

    private func open(_ header: Header, _ body: [UInt8]) {
        guard let handler = home.handlers.subscriptions[header.type] else {
            drop(.unknownType)
            return refuse(header.correlation, Self.unknown(header.type))
        }
        guard outlets[header.correlation] == nil else { return drop(.unexpected) }
        guard outlets.count < MeshBounds.servedSubscriptions else {
            drop(.overload)
            return refuse(header.correlation, Fault(.unavailable, "too many subscriptions are open; end some"))
        }
        let outlet = Outlet(peer: self, correlation: header.correlation, credit: header.budget)
        outlets[header.correlation] = outlet
        do { try handler(body, outlet, context(header)) } catch {
            drop(.undecodable)
            outlet.fail(fault(error, header))
        }
    }

    private func failure(_ correlation: UInt64, _ body: [UInt8]) {
        let fault =
            (try? Wire.decode(Fault.self, from: body)) ?? Fault(.malformed, "the other end's failure cannot be read")
        if let subscription = subscriptions.removeValue(forKey: correlation) {
            subscription.end(fault)
        } else {
            answer(correlation, .failure(fault))
        }
    }

    private func answer(_ correlation: UInt64, _ result: Result<[UInt8], any Error>) {
        guard let resolve = pending.remove(correlation) else { return drop(.unexpected) }
        resolve(result)
    }

    private func reply<M: Message>(_ correlation: UInt64, _ message: M) {
        guard let body = try? Wire.encode(message) else { return }
        transmit(Header(.reply, type: M.type, correlation: correlation), body)
    }

    /// Answers with a failure.
    func refuse(_ correlation: UInt64, _ fault: Fault) {
        guard let body = try? Wire.encode(fault) else { return }
        transmit(Header(.failure, type: Fault.type, correlation: correlation), body)
    }

    private func fault(_ error: any Error, _ header: Header) -> Fault {
        if let fault = error as? Fault { return fault }
        if error is CancellationError { return Fault(.cancelled, "\(header.type) was cancelled") }
        home.logger.critical(
            "a handler failed",
            metadata: [
                "type": "\(header.type)", "error": "\(Swift.type(of: error))", "trace": "\(header.trace)",
            ])
        return Fault(.internalError, "\(header.type) failed; the log has the details under trace \(header.trace)")
    }

    private func context(_ header: Header, deadline: ContinuousClock.Instant? = nil) -> MessageContext {
        MessageContext(peer: self, session: header.session, trace: header.trace, deadline: deadline)
    }

    private func drop(_ reason: DropReason) { home.reactor.counters.drop(reason) }

    private static func unknown(_ type: String) -> Fault { Fault(.unknownType, "'\(type)' is not served here") }
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

extension Reactor {
    /// Starts a task here, running at once up to where it first waits, so that requests and notices keep their order.
    func start(_ body: @escaping @Sendable () async -> Void) {
        if #available(macOS 26, *) {
            Task.immediate(executorPreference: self) { await body() }
        } else {
            Task(executorPreference: self) { await body() }
        }
    }
}
