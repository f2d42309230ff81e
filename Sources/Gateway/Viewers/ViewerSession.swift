import Logging
import Messages
import NIOCore
import NIOWebSocket

/// One viewer's WebSocket: carries out the actions of its ``ViewerState``. Its state is used on the channel's event loop.
final class ViewerSession: Sendable {
    let channel: any Channel
    /// Bounds what this process holds for the viewer, over all subscriptions.
    let buffer = ViewerBuffer()
    private let accounts: Accounts
    private let client: LeaderClient
    private let timeout: Duration
    private let logger: Logger
    private let state: NIOLoopBoundBox<ViewerState>
    private let streams: NIOLoopBoundBox<[ViewerSubscription: Task<Void, Never>]>

    /// On the channel's event loop.
    /// - Parameter timeout: The viewer must give its token within this time.
    init(channel: any Channel, accounts: Accounts, client: LeaderClient, timeout: Duration, logger: Logger) {
        self.channel = channel
        self.accounts = accounts
        self.client = client
        self.timeout = timeout
        self.logger = logger
        state = NIOLoopBoundBox(ViewerState(), eventLoop: channel.eventLoop)
        streams = NIOLoopBoundBox([:], eventLoop: channel.eventLoop)
    }

    // MARK: Actions of the state

    private func carryOut(_ actions: [ViewerState.Action]) {
        for action in actions {
            switch action {
            case .verify(let token): verify(token)
            case .send(let message): send(message)
            case .follow(let subscription, let task, let after): follow(subscription, task, after: after)
            case .watchDevices(let subscription): watchDevices(subscription)
            case .cancel(let subscription): streams.value.removeValue(forKey: subscription)?.cancel()
            case .close(let reason): channel.triggerUserOutboundEvent(reason, promise: nil)
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

    private func follow(_ subscription: ViewerSubscription, _ task: TaskID, after: UInt64) {
        guard let owner = claims?.sub else { return }
        let stream = EventStream(client: client, owner: owner, task: task, after: after, logger: logger)
        run(subscription) { writer in
            guard try await stream.hasMore(trace: .generate()) else { return .terminal }
            var sink = ViewerSink(writer)
            return try await stream.run(into: &sink)
        }
    }

    private func watchDevices(_ subscription: ViewerSubscription) {
        guard let owner = claims?.sub else { return }
        let directory = client.directory
        run(subscription) { writer in
            try await DeviceStream(directory: directory, owner: owner, writer: writer).run()
        }
    }

    private func run(
        _ subscription: ViewerSubscription,
        _ stream: @escaping @Sendable (SubscriptionWriter) async throws -> EventStream.End
    ) {
        let writer = SubscriptionWriter(id: subscription.id, buffer: buffer) { messages, bytes in
            self.write(messages, of: subscription, bytes: bytes)
        }
        streams.value[subscription] = Task {
            let result = await Result.fault { try await stream(writer) }
            channel.eventLoop.execute { self.ended(subscription, result) }
        }
    }

    private func ended(_ subscription: ViewerSubscription, _ result: Result<EventStream.End, Fault>) {
        streams.value[subscription] = nil
        buffer.subscriptionEnded()
        guard state.value.ended(subscription) else { return }
        switch result {
        case .success(.terminal): send(.end(id: subscription.id))
        // The close of the socket gives the reason.
        case .success(.closing): break
        case .success(.failed(let fault)), .failure(let fault): send(.error(id: subscription.id, fault))
        }
    }

    // MARK: To the viewer

    /// Sends a message at once; a viewer that sends requests and does not read the replies is closed.
    private func send(_ message: ViewerMessage) {
        let text = message.text
        let cost = text.readableBytes + GatewayLimits.frameOverhead
        guard buffer.reserveUnqueued(cost) else {
            return channel.triggerUserOutboundEvent(CloseReason.tooSlow, promise: nil)
        }
        write([text], bytes: cost)
    }

    /// Writes messages that hold `bytes` of the buffer, unless their subscription has ended meanwhile.
    private func write(_ messages: [ByteBuffer], of subscription: ViewerSubscription, bytes: Int) {
        channel.eventLoop.execute {
            guard self.state.value.isOpen(subscription) else { return self.buffer.drained(bytes) }
            self.write(messages, bytes: bytes)
        }
    }

    private func write(_ messages: [ByteBuffer], bytes: Int) {
        for (index, message) in messages.enumerated() {
            let frame = WebSocketFrame(fin: true, opcode: .text, data: message)
            guard index == messages.count - 1 else {
                channel.write(frame, promise: nil)
                continue
            }
            channel.writeAndFlush(frame).whenComplete { [buffer] _ in buffer.drained(bytes) }
        }
    }
}

extension ViewerSession: WebSocketSession {
    var rules: WebSocketRules {
        WebSocketRules(
            messages: .text, wrongKind: .binaryFrame, tooLarge: .tooLargeForViewer,
            tooLargeUnregistered: .tooLargeForViewer, timeout: timeout, late: .noToken,
            lateFault: Fault(.tokenMissing, "no token came within \(timeout / .seconds(1)) s"))
    }
    var claims: TokenClaims? { state.value.claims }
    var isIdentified: Bool { state.value.isIdentified }
    var isRegistered: Bool { true }
    var stuckSince: ContinuousClock.Instant? { buffer.stuckSince }

    func received(_ message: ByteBuffer) { carryOut(state.value.received(message)) }

    func closingMessage(_ fault: Fault) -> ByteBuffer? { ViewerMessage.error(id: nil, fault).text }

    func ended(_ reason: String) {
        state.value.ended()
        for stream in streams.value.values { stream.cancel() }
        streams.value = [:]
        buffer.close()
        logger.debug("viewer disconnected", metadata: ["reason": "\(reason)"])
    }
}
