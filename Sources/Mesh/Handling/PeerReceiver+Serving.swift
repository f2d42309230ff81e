import Messages

/// Answers the peer's requests and subscriptions.
extension PeerReceiver {
    func serve(_ header: Header, _ body: [UInt8]) -> Outcome {
        if header.type == Ping.type {
            reply(header.correlation, Pong(incarnation: end.identity.incarnation))
            return .taken
        }
        guard mayReceive(header.type) else {
            refuse(header.correlation, roleFault(header.type))
            return .dropped(.role)
        }
        guard let handler = end.handlers.requests[header.type] else {
            refuse(header.correlation, Self.unknown(header.type))
            return .dropped(.unknownType)
        }
        guard serving < MeshBounds.servedRequests else {
            refuse(header.correlation, Fault(.unavailable, "too many requests are in progress; try again"))
            return .dropped(.overload)
        }
        serving += 1
        let context = context(header, deadline: end.reactor.now + .milliseconds(Int64(header.budget)))
        end.reactor.startTask { [self] in
            do {
                let (type, reply) = try await handler(body, context)
                served(nil)
                guard reply.count <= MeshBounds.frame else { throw Fault.tooLarge(type, bytes: reply.count) }
                peer.channel.transmit(
                    Header(.reply, type: type, correlation: header.correlation, trace: header.trace), reply)
            } catch let error as UndecodableBody {
                served(.undecodable)
                refuse(header.correlation, error.fault)
            } catch {
                served(nil)
                refuse(header.correlation, fault(error, header))
            }
        }
        return .open
    }

    private func served(_ drop: MeshDropReason?) {
        end.reactor.perform { [self] in
            serving -= 1
            if let drop { end.reactor.counters.drop(drop) } else { end.reactor.counters.take() }
        }
    }

    func open(_ header: Header, _ body: [UInt8]) -> Outcome {
        let correlation = header.correlation
        guard mayReceive(header.type) else {
            refuse(correlation, roleFault(header.type))
            return .dropped(.role)
        }
        guard let handler = end.handlers.subscriptions[header.type] else {
            refuse(correlation, Self.unknown(header.type))
            return .dropped(.unknownType)
        }
        guard writers[correlation] == nil else { return .dropped(.unexpected) }
        guard writers.count < MeshBounds.servedSubscriptions else {
            refuse(correlation, Fault(.unavailable, "too many subscriptions are open; end some"))
            return .dropped(.overload)
        }
        let writer = ItemWriter(channel: peer.channel, correlation: correlation, credit: header.budget) {
            [weak self] in
            // A peer that reuses correlations may have opened another one meanwhile.
            if self?.writers[correlation] === $0 { self?.writers[correlation] = nil }
        }
        writers[correlation] = writer
        do {
            try handler(body, writer, context(header))
            return .taken
        } catch {
            writer.fail(fault(error, header))
            return .dropped(.undecodable)
        }
    }

    private func reply<M: Message>(_ correlation: UInt64, _ message: M) {
        guard let body = try? Wire.encode(message) else { return }
        peer.channel.transmit(Header(.reply, type: M.type, correlation: correlation), body)
    }

    /// Answers with a failure.
    func refuse(_ correlation: UInt64, _ fault: Fault) {
        guard let body = try? Wire.encode(fault) else { return }
        peer.channel.transmit(Header(.failure, type: Fault.type, correlation: correlation), body)
    }

    private func fault(_ error: any Error, _ header: Header) -> Fault {
        if let fault = error as? Fault { return fault }
        if error is CancellationError { return Fault(.cancelled, "\(header.type) was cancelled") }
        end.logger.critical(
            "a handler failed",
            metadata: [
                "type": "\(header.type)", "error": "\(Swift.type(of: error))", "trace": "\(header.trace)",
            ])
        return Fault(.internalError, "\(header.type) failed; the log has the details under trace \(header.trace)")
    }

    func context(_ header: Header, deadline: ContinuousClock.Instant? = nil) -> MessageContext {
        MessageContext(peer: peer, session: header.session, trace: header.trace, deadline: deadline)
    }

    private func roleFault(_ type: String) -> Fault {
        Fault(.roleNotAllowed, "a \(peer.identity.role) may not send \(type) to a \(end.identity.role)")
    }

    private static func unknown(_ type: String) -> Fault { Fault(.unknownType, "'\(type)' is not served here") }
}
