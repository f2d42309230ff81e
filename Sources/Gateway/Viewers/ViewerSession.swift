import Logging
import Mesh
import Messages
import NIOCore
import NIOWebSocket

/// One viewer's WebSocket: carries out what its ``ViewerState`` says. Its state lives on the channel's event loop;
/// ``write(_:of:releasing:)`` is callable from any thread.
final class ViewerSession: SocketGuest {
    let channel: any Channel
    /// What it may hold, for all subscriptions.
    let room = ViewerRoom()
    let directory: MeshDirectory
    let logger: Logger
    private let accounts: Accounts
    private let table: ViewerTable
    private let patience: Duration
    private let state: NIOLoopBoundBox<ViewerState>
    private let running: NIOLoopBoundBox<[ViewerState.Subscription: Task<Void, Never>]>

    /// On the channel's event loop.
    init(
        channel: any Channel, accounts: Accounts, directory: MeshDirectory, table: ViewerTable, patience: Duration,
        logger: Logger
    ) {
        self.channel = channel
        self.accounts = accounts
        self.directory = directory
        self.table = table
        self.patience = patience
        self.logger = logger
        state = NIOLoopBoundBox(ViewerState(), eventLoop: channel.eventLoop)
        running = NIOLoopBoundBox([:], eventLoop: channel.eventLoop)
        table.add(self)
    }

    // MARK: From the WebSocket, on its event loop

    var rules: SocketRules {
        SocketRules(
            messages: .text, wrongKind: .binaryFrame, tooLarge: .tooLargeForViewer, patience: patience,
            late: .noToken, lateFault: Fault(.tokenMissing, "no token came within \(patience / .seconds(1)) s"))
    }
    var claims: TokenClaims? { state.value.claims }
    var isKnown: Bool { state.value.isKnown }
    var stuckSince: ContinuousClock.Instant? { room.stuckSince }

    func received(_ message: ByteBuffer) { carryOut(state.value.received(message)) }

    func lastWord(_ fault: Fault) -> ByteBuffer? { ViewerWord.error(id: nil, fault).text }

    func ended(_ reason: String) {
        table.remove(self)
        state.value.ended()
        for task in running.value.values { task.cancel() }
        running.value = [:]
        room.close()
        logger.debug("viewer disconnected", metadata: ["reason": "\(reason)"])
    }

    // MARK: What the state says

    private func carryOut(_ actions: [ViewerState.Action]) {
        for action in actions {
            switch action {
            case .verify(let token): verify(token)
            case .say(let word): say(word)
            case .follow(let subscription, let task, let after): follow(subscription, task, after: after)
            case .watch(let subscription): watch(subscription)
            case .cancel(let subscription): running.value.removeValue(forKey: subscription)?.cancel()
            case .close(let end): channel.triggerUserOutboundEvent(end, promise: nil)
            }
        }
    }

    private func verify(_ token: String) {
        Task {
            let result = await Result.fault {
                let claims = try await accounts.verifier.verify(token)
                return (claims: claims, user: try await accounts.userName(claims.sub))
            }
            channel.eventLoop.execute { self.carryOut(self.state.value.verified(result)) }
        }
    }

    private func follow(_ subscription: ViewerState.Subscription, _ task: TaskID, after: UInt64) {
        guard let owner = claims?.sub else { return }
        let stream = EventStream(directory: directory, owner: owner, task: task, after: after, logger: logger)
        run(subscription) { session in
            guard try await stream.prospect(trace: .generate()) == .more else { return .terminal }
            var sink = ViewerSink(session, subscription)
            return try await stream.run(into: &sink)
        }
    }

    private func watch(_ subscription: ViewerState.Subscription) {
        guard let owner = claims?.sub else { return }
        run(subscription) { session in
            try await DeviceStream(session: session, subscription: subscription, owner: owner).run()
        }
    }

    /// Runs what serves a subscription, and says how it ended.
    private func run(
        _ subscription: ViewerState.Subscription,
        _ body: @escaping @Sendable (ViewerSession) async throws -> EventStream.End
    ) {
        running.value[subscription] = Task {
            let result = await Result.fault { try await body(self) }
            channel.eventLoop.execute { self.over(subscription, result) }
        }
    }

    private func over(_ subscription: ViewerState.Subscription, _ result: Result<EventStream.End, Fault>) {
        running.value[subscription] = nil
        room.left()
        guard state.value.ended(subscription) else { return }
        switch result {
        case .success(.terminal): say(.end(id: subscription.id))
        // The socket is told by whoever closes it.
        case .success(.closing): break
        case .success(.failed(let fault)), .failure(let fault): say(.error(id: subscription.id, fault))
        }
    }

    // MARK: To the WebSocket

    /// Says a word; a viewer that asks without reading the answers is cut.
    private func say(_ word: ViewerWord) {
        let text = word.text
        let cost = text.readableBytes + GatewayLimits.frameOverhead
        guard room.say(cost) else {
            return channel.triggerUserOutboundEvent(SessionEnd.tooSlow, promise: nil)
        }
        send([text], releasing: cost)
    }

    /// Writes messages that hold `bytes` of the room, unless their subscription has ended meanwhile.
    func write(_ messages: [ByteBuffer], of subscription: ViewerState.Subscription, releasing bytes: Int) {
        channel.eventLoop.execute {
            guard self.state.value.isOpen(subscription) else { return self.room.drained(bytes) }
            self.send(messages, releasing: bytes)
        }
    }

    private func send(_ messages: [ByteBuffer], releasing bytes: Int) {
        for (index, message) in messages.enumerated() {
            let frame = WebSocketFrame(fin: true, opcode: .text, data: message)
            guard index == messages.count - 1 else {
                channel.write(frame, promise: nil)
                continue
            }
            channel.writeAndFlush(frame).whenComplete { [room] _ in room.drained(bytes) }
        }
    }
}
