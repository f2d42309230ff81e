import Logging
import Mesh
import Messages
import Metrics
import NIOCore
import Synchronization

/// One executor's connection: carries out the actions of its ``SessionState``. Its state is used on the channel's event
/// loop; ``deliver(_:_:from:)`` and ``close(_:)`` are callable from any thread.
final class ExecutorSession: Sendable {
    let number: SessionNumber
    let channel: any Channel
    private let holder: TokenClaims
    private let directory: ServiceDirectory
    private let registrar: DeviceRegistrar
    private let newest: NewestSessions
    private let timeout: Duration
    private let logger: Logger
    private let output: SessionOutput
    private let state: NIOLoopBoundBox<SessionState<Peer>>
    /// Whether its WebSocket is closing.
    private let isClosing = Atomic(false)

    /// On the channel's event loop.
    /// - Parameters:
    ///   - claims: Those of the token that the executor connected with.
    ///   - timeout: The executor must register within this time.
    init(
        channel: any Channel, claims: TokenClaims, directory: ServiceDirectory, registrar: DeviceRegistrar,
        newest: NewestSessions, timeout: Duration, logger: Logger
    ) {
        number = .generate()
        self.channel = channel
        holder = claims
        self.directory = directory
        self.registrar = registrar
        self.newest = newest
        self.timeout = timeout
        var logger = logger
        logger[metadataKey: "session"] = "\(number)"
        self.logger = logger
        output = SessionOutput(channel)
        let route = Route(gateway: directory.identity.incarnation, session: number)
        state = NIOLoopBoundBox(SessionState(owner: claims.sub, route: route), eventLoop: channel.eventLoop)
    }

    /// Follows the directory's changes until the connection closes.
    func observeDirectory() {
        let observation = directory.observe { [weak self] change in
            switch change {
            case .leaders: self?.findLeader()
            case .registryConnected: self?.registryConnected()
            }
        }
        channel.closeFuture.whenComplete { _ in observation.cancel() }
    }

    // MARK: From the executor, on the channel's event loop

    /// What the executor may send at this moment.
    /// - Parameter usual: What it may send when its dispatcher keeps up.
    func readRate(_ usual: ReadBudget.Rate) -> ReadBudget.Rate {
        guard state.value.isRegistered else { return GatewayLimits.strangerRate }
        let waiting = state.value.leader?.backlog ?? 0
        return waiting > GatewayLimits.meshBacklog ? GatewayLimits.congestedRate : usual
    }

    func received(_ message: ByteBuffer) {
        switch ExecutorMessage(message) {
        case .registration(let message, let correlation):
            carryOut(state.value.register(message, correlation: correlation))
        case .notice(let header, let body): relay(header, body)
        case .invalid(let fault, let correlation, let reason):
            if let fault { send(.failure, fault, correlation: correlation) }
            if let reason { drop(reason) }
        }
    }

    private func relay(_ header: Header, _ body: [UInt8]) {
        let relay = state.value.relay(fromExecutor: header.type)
        var stamped = header
        stamped.session = number.value
        stamped.correlation = 0
        if header.type == DeviceReport.type, state.value.isRegistered { report(stamped, body) }
        switch relay {
        case .forward(let leader): leader.send(stamped, body: body)
        case .buffer: break
        case .drop(let reason): drop(reason)
        }
    }

    /// A report goes to the registry too.
    private func report(_ header: Header, _ body: [UInt8]) {
        if body.count <= GatewayLimits.rememberedReport, let report = try? Wire.decode(DeviceReport.self, from: body) {
            state.value.reported(report)
        }
        directory.registry?.send(header, body: body)
    }

    // MARK: From the mesh

    /// Sends a dispatcher's message to the executor. Keeps the order of each caller.
    func deliver(_ header: Header, _ body: [UInt8], from leader: Peer) {
        let head = header.encoded()
        var frame = ByteBufferAllocator().buffer(capacity: head.count + body.count)
        frame.writeBytes(head)
        frame.writeBytes(body)
        guard output.reserve(frame) else { return close(.tooSlow) }
        channel.eventLoop.execute { [frame] in
            switch self.state.value.relay(from: leader) {
            case .forward: self.output.write(frame)
            case .buffer: self.output.buffer(frame)
            case .drop(let reason):
                self.output.discard(frame)
                self.drop(reason)
            }
        }
    }

    /// Closes the WebSocket when the dispatcher is the session's leader.
    func cut(_ reason: CloseReason, by leader: Peer) {
        channel.eventLoop.execute {
            if case .drop(let drop) = self.state.value.relay(from: leader) { return self.drop(drop) }
            self.close(reason)
        }
    }

    private func findLeader() {
        channel.eventLoop.execute {
            self.carryOut(self.state.value.leaderIs(self.directory.leader(of: self.holder.sub)?.peer))
        }
    }

    private func registryConnected() { channel.eventLoop.execute { self.registerAgain() } }

    private func registerAgain() {
        // A session that is closing would only replace its successor.
        if !isClosing.load(ordering: .relaxed) { carryOut(state.value.registryConnected()) }
    }

    /// Closes the WebSocket with this reason.
    func close(_ reason: CloseReason) {
        isClosing.store(true, ordering: .relaxed)
        channel.triggerUserOutboundEvent(reason, promise: nil)
    }

    // MARK: Actions of the state

    private func carryOut(_ actions: [SessionState<Peer>.Action]) {
        for action in actions {
            switch action {
            case .register(let message, let ticket): register(message, ticket: ticket)
            case .confirm(let message, let correlation): confirm(message, correlation: correlation)
            case .refuse(let fault, let correlation):
                logger.warning("registration refused", metadata: ["code": "\(fault.code)"])
                send(.failure, fault, correlation: correlation)
            case .open(let leader, let message, let ticket): open(leader, message, ticket: ticket)
            case .linkUp(let leader, let epoch):
                send(.notice, LinkState(up: true, leader: leader.identity.incarnation, epoch: epoch))
                output.writeBuffered()
            case .linkDown:
                send(.notice, LinkState(up: false))
                output.discardBuffered()
            case .findLeader: findLeader()
            case .findLeaderLater: later { $0.findLeader() }
            case .registerLater: later { $0.registryConnected() }
            case .closeAtLeader(let leader, let message): leader.send(message)
            case .gone(let message): directory.registry?.send(message)
            case .close(let reason): close(reason)
            }
        }
    }

    private func register(_ message: DeviceRegister, ticket: UInt64) {
        Task {
            let outcome = await registrar.register(message)
            channel.eventLoop.execute { self.registered(message, outcome, ticket: ticket) }
        }
    }

    private func registered(_ message: DeviceRegister, _ outcome: DeviceRegistrar.Outcome, ticket: UInt64) {
        if case .failure(let fault) = outcome.result, outcome.isAway {
            logger.warning("the registry is away", metadata: ["session": "\(number)"])
            let known = newest.generation(of: message.device, owner: holder.sub)
            carryOut(state.value.registryIsAway(fault, known: known, ticket: ticket))
        } else {
            carryOut(state.value.registered(outcome.result, ticket: ticket))
        }
        // A registry that connected while the reply was awaited does not know this session.
        if let registry = directory.registry, registry != outcome.registry, state.value.isRegistered {
            registerAgain()
        }
    }

    private func confirm(_ message: DeviceRegistered, correlation: UInt64?) {
        newest.add(number, owner: holder.sub, device: message.device, generation: message.generation) {
            [weak self] in self?.close(.replaced)
        }
        logger.notice(
            "device registered", metadata: ["device": "\(message.device)", "generation": "\(message.generation)"])
        // From now on it is no stranger.
        channel.triggerUserOutboundEvent(LongestMessage(bytes: Limits.webSocketMessage), promise: nil)
        send(correlation == nil ? .notice : .reply, message, correlation: correlation ?? 0)
    }

    private func open(_ leader: Peer, _ message: SessionOpen, ticket: UInt64) {
        output.discardBuffered()
        Task {
            let result = await Result.fault { try await leader.request(message, deadline: GatewayLimits.request) }
            if case .failure(let fault) = result {
                logger.warning("session not opened at the leader", metadata: ["code": "\(fault.code)"])
            }
            channel.eventLoop.execute { self.carryOut(self.state.value.opened(result, ticket: ticket)) }
        }
    }

    private func later(_ action: @escaping @Sendable (ExecutorSession) -> Void) {
        guard channel.isActive else { return }
        channel.eventLoop.scheduleTask(in: .init(GatewayLimits.openAgain)) { action(self) }
    }

    // MARK: To the executor

    private func send<M: Message>(_ kind: FrameKind, _ message: M, correlation: UInt64 = 0) {
        let header = Header(kind, type: M.type, correlation: correlation, session: number.value)
        guard let body = try? Wire.encode(message) else { return }
        let frame = ByteBuffer(bytes: header.encoded(reserving: body.count) + body)
        // Also bounds an executor that sends requests and does not read the replies.
        guard output.reserve(frame) else { return close(.tooSlow) }
        output.write(frame)
    }

    private func drop(_ reason: RelayDropReason) {
        Counter(label: "gateway_frames_dropped", dimensions: [("reason", reason.rawValue)]).increment()
        logger.debug("frame dropped", metadata: ["reason": "\(reason.rawValue)"])
    }
}

extension ExecutorSession: WebSocketSession {
    var rules: WebSocketRules {
        WebSocketRules(
            messages: .binary, wrongKind: .textFrame, tooLarge: .tooLarge,
            tooLargeUnregistered: .tooLargeUnregistered, timeout: timeout, late: .notRegistered,
            lateFault: Fault(.deadlineExceeded, CloseReason.notRegistered.reason))
    }

    var claims: TokenClaims? { holder }

    /// Whether it has registered, or waits for the registry's reply.
    var isIdentified: Bool { state.value.isRegistered || state.value.isRegistering }

    var isRegistered: Bool { state.value.isRegistered }

    /// Its outbound bytes have a bound of their own.
    var stuckSince: ContinuousClock.Instant? { nil }

    /// The close frame gives the reason: an executor's messages are requests and notices.
    func closingMessage(_ fault: Fault) -> ByteBuffer? { nil }

    func ended(_ reason: String) {
        newest.remove(number)
        output.discardBuffered()
        carryOut(state.value.ended(reason))
        logger.notice("executor disconnected", metadata: ["reason": "\(reason)"])
    }
}
