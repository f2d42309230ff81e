import Messages

/// The answering side of requests and subscriptions; on the reactor.
extension Peer {
    func serve(_ header: Header, _ body: [UInt8]) -> Outcome {
        if header.type == Ping.type {
            reply(header.correlation, Pong(incarnation: home.identity.incarnation))
            return .taken
        }
        guard let handler = home.handlers.requests[header.type] else {
            refuse(header.correlation, Self.unknown(header.type))
            return .dropped(.unknownType)
        }
        guard serving < MeshBounds.servedRequests else {
            refuse(header.correlation, Fault(.unavailable, "too many requests are being answered; try again"))
            return .dropped(.overload)
        }
        serving += 1
        let context = context(header, deadline: home.reactor.now + .milliseconds(Int64(header.budget)))
        home.reactor.start { [self] in
            do {
                let (type, reply) = try await handler(body, context)
                served(nil)
                guard reply.count <= MeshBounds.frame else { throw Self.tooLarge(type, reply.count) }
                transmit(Header(.reply, type: type, correlation: header.correlation, trace: header.trace), reply)
            } catch let error as Undecodable {
                served(.undecodable)
                refuse(header.correlation, error.fault)
            } catch {
                served(nil)
                refuse(header.correlation, fault(error, header))
            }
        }
        return .open
    }

    private func served(_ drop: DropReason?) {
        home.reactor.perform { [self] in
            serving -= 1
            if let drop { home.reactor.counters.drop(drop) } else { home.reactor.counters.take() }
        }
    }

    func open(_ header: Header, _ body: [UInt8]) -> Outcome {
        guard let handler = home.handlers.subscriptions[header.type] else {
            refuse(header.correlation, Self.unknown(header.type))
            return .dropped(.unknownType)
        }
        guard outlets[header.correlation] == nil else { return .dropped(.unexpected) }
        guard outlets.count < MeshBounds.servedSubscriptions else {
            refuse(header.correlation, Fault(.unavailable, "too many subscriptions are open; end some"))
            return .dropped(.overload)
        }
        let outlet = Outlet(peer: self, correlation: header.correlation, credit: header.budget)
        outlets[header.correlation] = outlet
        do {
            try handler(body, outlet, context(header))
            return .taken
        } catch {
            outlet.fail(fault(error, header))
            return .dropped(.undecodable)
        }
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

    func context(_ header: Header, deadline: ContinuousClock.Instant? = nil) -> MessageContext {
        MessageContext(peer: self, session: header.session, trace: header.trace, deadline: deadline)
    }

    private static func unknown(_ type: String) -> Fault { Fault(.unknownType, "'\(type)' is not served here") }
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
