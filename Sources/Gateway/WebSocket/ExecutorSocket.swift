import Messages
import NIOCore
import NIOWebSocket

/// The WebSocket's own rules for an executor's connection: pings and silence, kinds of frames, closing in order, and the
/// end of a token. What is in the messages is the ``ExecutorSession``'s business.
final class ExecutorSocket: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let session: ExecutorSession
    private let verifier: TokenVerifier
    private let tuning: GatewayTuning
    private var heard = NIODeadline.now()
    private let opened = NIODeadline.now()
    private var pings: RepeatedTask?
    /// Why it ends, once that is known.
    private var end: String?

    init(session: ExecutorSession, verifier: TokenVerifier, tuning: GatewayTuning) {
        self.session = session
        self.verifier = verifier
        self.tuning = tuning
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let socket = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        let interval = TimeAmount(tuning.ping)
        pings = context.value.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            socket.value.tick(context.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { pings?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        pings?.cancel()
        session.ended(end ?? "the connection was lost")
        context.fireChannelInactive()
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        heard = .now()
        switch frame.opcode {
        case .connectionClose: closed(frame, context)
        case _ where end != nil: break
        case .binary: session.received(frame.unmaskedData)
        case .text: close(.textFrame, context)
        case .ping: write(.pong, frame.unmaskedData, context)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength, NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge:
            close(.tooLarge, context)
        case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error: close(.protocolError, context)
        // What follows an error that was answered is its consequence.
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
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func closed(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        if end == nil {
            var data = frame.unmaskedData
            let code = data.readWebSocketErrorCode().map { UInt16(webSocketErrorCode: $0) }
            end = "closed by the executor" + (code.map { " (\($0))" } ?? "")
            // The answer carries the code it got, and nothing more.
            var answer = context.channel.allocator.buffer(capacity: 2)
            if let code { answer.writeInteger(code) }
            write(.connectionClose, answer, context)
        }
        context.close(promise: nil)
    }

    // MARK: Out

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let end = event as? SessionEnd else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        close(end, context)
        promise?.succeed()
    }

    private func tick(_ context: ChannelHandlerContext) {
        guard end == nil else { return }
        let now = NIODeadline.now()
        if now - heard >= TimeAmount(tuning.silence) {
            end = SessionEnd.silent.reason
            // Nobody is there to shake hands with.
            context.close(promise: nil)
        } else if let fault = verifier.refusal(of: session.claims) {
            close(.token(fault), context)
        } else if !session.isKnown, now - opened >= TimeAmount(tuning.registration) {
            close(.notRegistered, context)
        } else {
            write(.ping, ByteBuffer(), context)
        }
    }

    /// Says why, then waits a little for the other end's word: a socket that is closed with bytes unread is reset,
    /// and the reason is lost with it.
    private func close(_ reason: SessionEnd, _ context: ChannelHandlerContext) {
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
