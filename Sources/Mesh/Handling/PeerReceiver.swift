import Messages

/// Processes the messages of one peer, in order of arrival; only touched on the reactor.
final class PeerReceiver: Sendable {
    let peer: Peer
    let end: LocalEnd

    nonisolated(unsafe) var lastReceived: ContinuousClock.Instant
    /// Requests of the peer in progress.
    nonisolated(unsafe) var serving = 0
    /// The open subscriptions of the peer, by correlation.
    nonisolated(unsafe) var writers: [UInt64: ItemWriter] = [:]
    /// The handler of the last notice: messages come in runs of one type, so it is tried before the table.
    nonisolated(unsafe) private var lastNotice: (type: String, handler: Handlers.Notice)?
    /// Notices that wait until an earlier one of their session is decoded.
    nonisolated(unsafe) private(set) var lanes = NoticeLanes()
    /// The last type that the peer's role was found to be allowed to send.
    nonisolated(unsafe) private var lastAllowed: String?
    /// What every role may send.
    private static let common: Set<String> = [Ping.type, Bye.type]

    /// Creates the peer too; `owner` must call ``close(_:)`` when the peer is lost.
    init(_ identity: Identity, at end: LocalEnd, socket: Socket, route: RoutingID?, owner: any PeerOwner) {
        let sender = FrameSender(socket: socket, route: route, counters: end.reactor.counters)
        peer = Peer(identity, sender: sender, reactor: end.reactor, logger: end.logger, owner: owner)
        self.end = end
        lastReceived = end.reactor.now
    }

    /// How a message was processed.
    enum Outcome {
        case taken
        case dropped(MeshDropReason)
        /// A message that is decoded later, and counted then.
        case open
    }

    func receive(_ inbound: Inbound) {
        lastReceived = end.reactor.now
        if let fault = inbound.fault {
            end.reactor.counters.drop(MeshDropReason(fault))
            if inbound.expectsReply { refuse(inbound.correlation, fault) }
            return
        }
        count(process(inbound.header, inbound.body))
    }

    private func count(_ outcome: Outcome) {
        switch outcome {
        case .taken: end.reactor.counters.take()
        case .dropped(let reason): end.reactor.counters.drop(reason)
        case .open: break
        }
    }

    /// Ends the connection: fails what is open and calls the down handler. Called by the owner, once.
    func close(_ reason: String) {
        peer.channel.sender.close()
        lanes.close()
        peer.failAll(peer.lostFault(reason))
        let open = writers.values
        writers = [:]
        for writer in open { writer.close() }
        end.logger.notice("peer disconnected", metadata: peer.metadata.merging(["reason": "\(reason)"]) { $1 })
        end.handlers.down?(peer, reason)
    }

    private func process(_ header: Header, _ body: [UInt8]) -> Outcome {
        switch header.kind {
        case .notice: return notice(header, body)
        case .request: return serve(header, body)
        case .subscribe: return open(header, body)
        case .reply: return reply(header, body)
        case .failure: return Self.outcome(peer.receiveFailure(header.correlation, body))
        case .item: return Self.outcome(peer.receiveItem(header.correlation, body))
        case .end: return Self.outcome(peer.receiveEnd(header.correlation))
        case .credit: return Self.outcome(writers[header.correlation]?.addCredit(header.budget) != nil)
        case .cancel: return Self.outcome(writers.removeValue(forKey: header.correlation)?.close() != nil)
        }
    }

    private static func outcome(_ isOpen: Bool) -> Outcome { isOpen ? .taken : .dropped(.unexpected) }

    private func notice(_ header: Header, _ body: [UInt8]) -> Outcome {
        guard mayReceive(header.type) else { return .dropped(.role) }
        if header.session != 0, let relay = end.handlers.relay, relay(header, body, peer) { return .taken }
        if header.type == Bye.type { return bye(body) }
        guard let handler = noticeHandler(header.type) else { return .dropped(.unknownType) }
        if lanes.isBusy(header.session) { return lanes.wait(header, body) ? .open : .dropped(.overload) }
        guard body.count > MeshBounds.decodedInline else { return take(Result { try handler(body) }, header) }
        decodeApart(header, body, handler)
        return .open
    }

    private func take(_ notice: Result<Handlers.Prepared, any Error>, _ header: Header) -> Outcome {
        switch notice {
        case .success(let handle):
            handle(context(header))
            return .taken
        case .failure(let error):
            return .dropped((error as? Fault)?.code == .messageTooLarge ? .tooLarge : .undecodable)
        }
    }

    // MARK: Large notices

    private func decodeApart(_ header: Header, _ body: [UInt8], _ handler: @escaping Handlers.Notice) {
        lanes.begin(header.session)
        Task.detached(executorPreference: globalConcurrentExecutor) { [self] in
            let notice = Result { try handler(body) }
            end.reactor.perform { [self] in decoded(notice, header) }
        }
    }

    /// Handles a notice that was decoded apart, then those of its session that have waited for it.
    private func decoded(_ notice: Result<Handlers.Prepared, any Error>, _ header: Header) {
        guard !lanes.isClosed else { return end.reactor.counters.drop(.peerLost) }
        count(take(notice, header))
        while let (header, body) = lanes.next(header.session) {
            guard let handler = noticeHandler(header.type) else { continue }
            guard body.count <= MeshBounds.decodedInline else { return decodeApart(header, body, handler) }
            count(take(Result { try handler(body) }, header))
        }
    }

    // MARK: Roles

    /// Whether the peer's role may send this type here; logs a refusal, once a minute for each type and peer.
    func mayReceive(_ type: String) -> Bool {
        if type == lastAllowed { return true }
        if RoleRules.allows(type, from: peer.identity.role, to: end.identity.role) || Self.common.contains(type) {
            lastAllowed = type
            return true
        }
        let subject = "role \(type) \(peer.identity.name)"
        if end.reactor.refusals.admit(subject, now: end.reactor.now) != nil {
            end.logger.warning(
                "a message was refused: the role of its sender may not send it",
                metadata: peer.metadata.merging(["type": "\(type)"]) { $1 })
        }
        return false
    }

    private func noticeHandler(_ type: String) -> Handlers.Notice? {
        if let lastNotice, lastNotice.type == type { return lastNotice.handler }
        guard let handler = end.handlers.notices[type] else { return nil }
        lastNotice = (type, handler)
        return handler
    }

    private func bye(_ body: [UInt8]) -> Outcome {
        guard let bye = try? Wire.decode(Bye.self, from: body) else { return .dropped(.undecodable) }
        peer.channel.sender.markDown("the peer said goodbye: \(bye.reason)")
        return .taken
    }

    private func reply(_ header: Header, _ body: [UInt8]) -> Outcome {
        if peer.receiveReply(header.correlation, body) { return .taken }
        // A repeated hello may have reached the peer's next incarnation.
        guard header.type == HelloReply.type, let hello = try? Wire.decode(HelloReply.self, from: body),
            hello.incarnation != peer.identity.incarnation
        else { return .dropped(.unexpected) }
        peer.channel.sender.markDown("the peer restarted")
        return .taken
    }
}
