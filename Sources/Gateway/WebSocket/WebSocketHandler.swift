import Messages
import NIOCore
import NIOWebSocket

/// Asks a WebSocket, as an outbound event, whether its client is alive. The client is pinged with a random number, and only
/// the pong with that number answers true: other frames may have been buffered since before the client died. The end of
/// the connection answers false. The sender of the event sets the deadline.
struct LivenessProbe: Sendable {
    let answer: EventLoopPromise<Bool>
}

/// Handles the frames of one WebSocket: pings and silence, opcodes, the closing handshake, and the end of the token.
/// Messages go to its ``WebSocketSession``.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let session: any WebSocketSession
    private let rules: WebSocketRules
    private let verifier: TokenVerifier
    private let tuning: GatewayTuning
    private let openedAt = NIODeadline.now()
    private var receivedAt = NIODeadline.now()
    private var pingedAt = NIODeadline.now()
    private var timer: RepeatedTask?
    /// Probes in flight, by the number in their ping.
    private var probes: [UInt64: EventLoopPromise<Bool>] = [:]
    /// Why the connection ends; nil = it is open.
    private var end: String?

    init(_ session: any WebSocketSession, verifier: TokenVerifier, tuning: GatewayTuning) {
        self.session = session
        rules = session.rules
        self.verifier = verifier
        self.tuning = tuning
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        let interval = TimeAmount(min(tuning.ping, GatewayLimits.tokenCheck))
        timer = context.value.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            handler.value.tick(context.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        let unanswered = probes.values
        probes = [:]
        for answer in unanswered { answer.succeed(false) }
        session.ended(end ?? "the connection was lost")
        context.fireChannelInactive()
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        receivedAt = .now()
        switch frame.opcode {
        case .pong: pong(frame.unmaskedData)
        case .connectionClose: closed(frame, context)
        case _ where end != nil: break
        case rules.messages:
            let message = frame.unmaskedData
            guard frame.opcode != .text || Self.isUTF8(message) else { return close(.notUTF8, context) }
            session.received(message)
        case .binary, .text: close(rules.wrongKind, context)
        // A client that does not read gets no pongs: they would pile up.
        case .ping where context.channel.isWritable: write(.pong, frame.unmaskedData, context)
        default: break
        }
    }

    /// Any byte ends the silence: a large message on a slow line takes longer than the allowed silence.
    func channelReadComplete(context: ChannelHandlerContext) {
        receivedAt = .now()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let violation as FrameScan.Violation: close(Self.reason(violation, session, rules), context)
        case NIOWebSocketError.invalidFrameLength, NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge:
            close(rules.tooLarge, context)
        case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error: close(.protocolError, context)
        // Errors after the first are its consequences.
        case _ where end != nil: break
        default:
            end = "the connection failed"
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: close(.goingAway, context)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        case is ReadPaused: receivedAt = .now()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func closed(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        if end == nil {
            var data = frame.unmaskedData
            let hasCode = data.readableBytes > 0
            let code: UInt16? = data.readInteger()
            end = "closed by the other end" + (code.map { " (\($0))" } ?? "")
            // The reply carries the received code and nothing more.
            var reply = context.channel.allocator.buffer(capacity: 2)
            if hasCode { reply.writeInteger(Self.reply(to: code, data)) }
            write(.connectionClose, reply, context)
        }
        context.close(promise: nil)
    }

    private static func isUTF8(_ text: ByteBuffer) -> Bool {
        text.withUnsafeReadableBytes { String(validating: $0, as: UTF8.self) != nil }
    }

    private static func reason(
        _ violation: FrameScan.Violation, _ session: any WebSocketSession, _ rules: WebSocketRules
    ) -> CloseReason {
        switch violation {
        case .notValid(let how): .notValid(how)
        case .tooLarge: session.isRegistered ? rules.tooLarge : rules.tooLargeUnregistered
        }
    }

    /// The code that answers a close frame: its own, or what is wrong with it (RFC 6455 sections 5.5.1 and 7.4).
    private static func reply(to code: UInt16?, _ reason: ByteBuffer) -> UInt16 {
        guard let code, [1000...1003, 1007...1014, 3000...4999].contains(where: { $0.contains(code) }) else {
            return 1002
        }
        return isUTF8(reason) ? code : 1007
    }

    // MARK: Out

    /// After the close frame nothing more is sent: a revoked token's socket gets no events that were on their way.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard end == nil else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        context.write(data, promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case let reason as CloseReason:
            close(reason, context)
            promise?.succeed()
        case let probe as LivenessProbe:
            start(probe, context)
            promise?.succeed()
        default: context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    private func start(_ probe: LivenessProbe, _ context: ChannelHandlerContext) {
        guard end == nil else { return probe.answer.succeed(false) }
        let number = UInt64.random(in: 0...UInt64.max)
        probes[number] = probe.answer
        // A probe ends at its sender's deadline, whether or not its pong has come.
        probe.answer.futureResult.assumeIsolated().whenComplete { _ in self.probes[number] = nil }
        write(.ping, ByteBuffer(integer: number), context)
    }

    private func pong(_ data: ByteBuffer) {
        guard data.readableBytes == 8, let number: UInt64 = data.getInteger(at: data.readerIndex) else { return }
        probes[number]?.succeed(true)
    }

    private func tick(_ context: ChannelHandlerContext) {
        guard end == nil else { return }
        let now = NIODeadline.now()
        if now - receivedAt >= TimeAmount(tuning.silence) || isStuck {
            end = CloseReason.silent(tuning.silence).reason
            // No closing handshake: the client would not answer.
            context.close(promise: nil)
        } else if let fault = session.claims.flatMap({ verifier.refusal(of: $0) }) {
            close(.token(fault), after: session.closingMessage(fault), context)
        } else if !session.isIdentified, now - openedAt >= TimeAmount(rules.timeout) {
            close(rules.late, after: session.closingMessage(rules.lateFault), context)
        } else if now - pingedAt >= TimeAmount(tuning.ping) {
            pingedAt = now
            write(.ping, ByteBuffer(), context)
        }
    }

    private var isStuck: Bool { session.stuckSince.map { .now - $0 >= tuning.silence } ?? false }

    private func close(_ reason: CloseReason, after message: ByteBuffer?, _ context: ChannelHandlerContext) {
        if let message { write(rules.messages, message, context) }
        close(reason, context)
    }

    /// Sends the close frame, then waits up to ``GatewayLimits/closing`` for the client's: a socket that is closed with
    /// unread bytes is reset, and the close frame is lost with it.
    private func close(_ reason: CloseReason, _ context: ChannelHandlerContext) {
        guard end == nil else { return }
        end = reason.reason
        var data = context.channel.allocator.buffer(capacity: 2 + reason.reason.utf8.count)
        data.writeInteger(reason.code)
        data.writeString(reason.reason)
        write(.connectionClose, data, context)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.eventLoop.scheduleTask(in: TimeAmount(GatewayLimits.closing)) {
            context.value.close(promise: nil)
        }
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(
            Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)), promise: nil)
    }
}
