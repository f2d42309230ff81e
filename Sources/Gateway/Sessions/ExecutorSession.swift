import Logging
import Mesh
import Messages
import Metrics
import NIOCore
import NIOWebSocket
import Synchronization

/// One executor's connection: carries out what its ``SessionState`` says. Its state lives on the channel's event loop;
/// ``deliver(_:_:from:)`` and ``close(_:)`` are callable from any thread.
final class ExecutorSession: Sendable {
    let number: SessionNumber
    /// Whose token it came with.
    let holder: TokenClaims
    let channel: any Channel
    /// It registers within this time.
    let patience: Duration
    private let table: SessionTable
    private let directory: MeshDirectory
    private let logger: Logger
    private let state: NIOLoopBoundBox<SessionState<Peer>>
    /// Frames of a leader whose `session.open` is not answered yet; in the bound of ``outbound``.
    private let held: NIOLoopBoundBox<[ByteBuffer]>
    /// Bytes that were handed over and are not yet in the socket.
    private let outbound = Atomic<Int>(0)
    /// Whether its WebSocket has been told to close.
    private let isClosing = Atomic(false)

    /// On the channel's event loop.
    init(
        number: SessionNumber, claims: TokenClaims, channel: any Channel, table: SessionTable,
        directory: MeshDirectory, patience: Duration, logger: Logger
    ) {
        self.number = number
        self.patience = patience
        holder = claims
        self.channel = channel
        self.table = table
        self.directory = directory
        var logger = logger
        logger[metadataKey: "session"] = "\(number)"
        self.logger = logger
        let route = Route(gateway: directory.identity.incarnation, session: number)
        state = NIOLoopBoundBox(SessionState(owner: claims.sub, route: route), eventLoop: channel.eventLoop)
        held = NIOLoopBoundBox([], eventLoop: channel.eventLoop)
    }

    // MARK: From the WebSocket, on its event loop

    /// Whether it has registered, or waits for the registry's answer.
    var isKnown: Bool { state.value.isRegistered || state.value.isRegistering }

    /// Takes a message of the executor's.
    func received(_ message: ByteBuffer) {
        let decoded = message.withUnsafeReadableBytes { bytes in Result { try Header.decode(bytes) } }
        switch decoded {
        case .failure(let error):
            drop(.malformed)
            // Without a header there is no correlation: it is told as a failure of nothing.
            if let fault = error as? Fault { answer(.failure, fault, correlation: 0) }
        case .success((let header, let size)):
            let body = { [UInt8](message.readableBytesView.dropFirst(size)) }
            switch header.kind {
            case .notice: relay(header, body())
            case .request where header.type == DeviceRegister.type: register(header, body())
            case .request, .subscribe:
                let fault = Fault(.unknownType, "an executor cannot ask for \(header.type)")
                answer(.failure, fault, correlation: header.correlation)
                drop(.notAllowed)
            default: drop(.notAllowed)
            }
        }
    }

    /// The connection has ended.
    func ended(_ reason: String) {
        table.remove(self)
        held.value = []
        carryOut(state.value.ended(reason))
        logger.notice("executor disconnected", metadata: ["reason": "\(reason)"])
    }

    private func register(_ header: Header, _ body: [UInt8]) {
        do {
            guard body.count <= GatewayLimits.registerBody else {
                throw Fault(.messageTooLarge, "a registration has at most \(GatewayLimits.registerBody) bytes")
            }
            let asked = try Wire.decode(DeviceRegister.self, from: body)
            carryOut(state.value.register(asked, correlation: header.correlation))
        } catch {
            let fault = error as? Fault ?? Fault(.malformed, "the registration cannot be read")
            answer(.failure, fault, correlation: header.correlation)
        }
    }

    private func relay(_ header: Header, _ body: [UInt8]) {
        guard body.count <= SessionMessages.limit(of: header.type) else { return drop(.tooLarge) }
        let passage = state.value.passage(fromExecutor: header.type)
        var stamped = header
        stamped.session = number.value
        stamped.correlation = 0
        if header.type == DeviceReport.type, state.value.isRegistered {
            if body.count <= GatewayLimits.registerBody, let report = try? Wire.decode(DeviceReport.self, from: body) {
                state.value.reported(report)
            }
            directory.registryPeer?.send(stamped, body: body)
        }
        switch passage {
        case .pass(let leader): leader.send(stamped, body: body)
        case .hold: break
        case .drop(let reason): drop(reason)
        }
    }

    // MARK: From the mesh

    /// Takes a leader's message for the executor. Order is kept per caller.
    func deliver(_ header: Header, _ body: [UInt8], from leader: Peer) {
        let head = header.encoded()
        var frame = ByteBufferAllocator().buffer(capacity: head.count + body.count)
        frame.writeBytes(head)
        frame.writeBytes(body)
        guard count(frame) else { return close(.tooSlow) }
        channel.eventLoop.execute { [frame] in
            switch self.state.value.passage(from: leader) {
            case .pass: self.write(frame)
            case .hold: self.held.value.append(frame)
            case .drop(let reason):
                self.outbound.subtract(Self.cost(frame), ordering: .relaxed)
                self.drop(reason)
            }
        }
    }

    /// Looks who leads its owner now.
    func lookForLeader() {
        channel.eventLoop.execute {
            self.carryOut(self.state.value.leaderIs(self.directory.leader(of: self.holder.sub)?.peer))
        }
    }

    /// The registry is there again.
    func registryReturned() { channel.eventLoop.execute { self.registerAgain() } }

    private func registerAgain() {
        // One that is on its way out would only push out its successor.
        if !isClosing.load(ordering: .relaxed) { carryOut(state.value.registryReturned()) }
    }

    /// Closes the WebSocket; the executor is told why.
    func close(_ end: SessionEnd) {
        isClosing.store(true, ordering: .relaxed)
        channel.triggerUserOutboundEvent(end, promise: nil)
    }

    // MARK: What the state says

    private func carryOut(_ actions: [SessionState<Peer>.Action]) {
        for action in actions {
            switch action {
            case .register(let message, let ticket): ask(message, ticket: ticket)
            case .answer(let message, let correlation):
                table.registered(self, device: message.device, generation: message.generation)
                logger.notice(
                    "device registered",
                    metadata: ["device": "\(message.device)", "generation": "\(message.generation)"])
                answer(correlation == nil ? .notice : .reply, message, correlation: correlation ?? 0)
            case .refuse(let fault, let correlation):
                logger.warning("registration refused", metadata: ["code": "\(fault.code)"])
                answer(.failure, fault, correlation: correlation)
            case .open(let leader, let message, let ticket): open(leader, message, ticket: ticket)
            case .linkUp(let leader, let epoch):
                send(LinkState(up: true, leader: leader.identity.incarnation, epoch: epoch))
                held.value.forEach(write)
                held.value = []
            case .linkDown:
                send(LinkState(up: false))
                forgetHeld()
            case .look: lookForLeader()
            case .lookAgain: again { $0.lookForLeader() }
            case .registerAgain: again { $0.registryReturned() }
            case .closeAtLeader(let leader, let message): leader.send(message)
            case .gone(let message): directory.registryPeer?.send(message)
            case .close(let end): close(end)
            }
        }
    }

    private func ask(_ message: DeviceRegister, ticket: UInt64) {
        Task {
            let registration = await directory.register(message)
            channel.eventLoop.execute { self.took(registration, of: message, ticket: ticket) }
        }
    }

    private func took(_ registration: MeshDirectory.Registration, of asked: DeviceRegister, ticket: UInt64) {
        switch registration.result {
        case .failure(let fault) where registration.isAway:
            logger.warning("the registry is away", metadata: ["session": "\(number)"])
            let known = table.generation(of: asked.device, owner: holder.sub)
            carryOut(state.value.registryIsAway(fault, known: known, ticket: ticket))
        default: carryOut(state.value.registered(registration.result, ticket: ticket))
        }
        // A registry that came while there was no answer, or the old one's was on its way, was not told of this session.
        if let peer = directory.registryPeer, peer != registration.registry, state.value.isRegistered {
            registerAgain()
        }
    }

    private func open(_ leader: Peer, _ message: SessionOpen, ticket: UInt64) {
        forgetHeld()
        Task {
            let result = await Result.fault { try await leader.request(message, deadline: GatewayLimits.request) }
            if case .failure(let fault) = result {
                logger.warning("session not opened at the leader", metadata: ["code": "\(fault.code)"])
            }
            channel.eventLoop.execute { self.carryOut(self.state.value.opened(result, ticket: ticket)) }
        }
    }

    private func again(_ look: @escaping @Sendable (ExecutorSession) -> Void) {
        guard channel.isActive else { return }
        channel.eventLoop.scheduleTask(in: .init(GatewayLimits.openAgain)) { look(self) }
    }

    private func forgetHeld() {
        outbound.subtract(held.value.reduce(0) { $0 + Self.cost($1) }, ordering: .relaxed)
        held.value = []
    }

    // MARK: To the WebSocket

    private func send(_ message: some Message) { answer(.notice, message, correlation: 0) }

    private func answer<M: Message>(_ kind: FrameKind, _ message: M, correlation: UInt64) {
        let header = Header(kind, type: M.type, correlation: correlation, session: number.value)
        guard let body = try? Wire.encode(message) else { return }
        let frame = ByteBuffer(bytes: header.encoded(reserving: body.count) + body)
        // An executor that asks and asks and does not read the answers is no better than one that does not read.
        guard count(frame) else { return close(.tooSlow) }
        write(frame)
    }

    /// Counts a message that is to be sent; false, and not counted, when too much waits for the socket.
    private func count(_ message: ByteBuffer) -> Bool {
        let cost = Self.cost(message)
        guard outbound.add(cost, ordering: .relaxed).newValue > GatewayLimits.sessionOutbound else { return true }
        outbound.subtract(cost, ordering: .relaxed)
        return false
    }

    private static func cost(_ message: ByteBuffer) -> Int { message.readableBytes + GatewayLimits.frameOverhead }

    /// Writes a message that is counted in ``outbound`` already.
    private func write(_ message: ByteBuffer) {
        let size = Self.cost(message)
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .binary, data: message)).whenComplete { _ in
            self.outbound.subtract(size, ordering: .relaxed)
        }
    }

    private func drop(_ reason: DropReason) {
        Counter(label: "gateway_frames_dropped", dimensions: [("reason", reason.rawValue)]).increment()
        logger.debug("frame dropped", metadata: ["reason": "\(reason.rawValue)"])
    }
}
