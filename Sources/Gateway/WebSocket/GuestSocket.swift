import Messages
import NIOCore
import NIOWebSocket

/// Asks a WebSocket, as an outbound event, whether its other end is alive: it is pinged with a random number, and only the
/// pong with this number is the answer, since other frames may have waited in the buffers since before its death. The end
/// of the connection is the other answer. Whoever asks has a deadline.
struct SocketProbe: Sendable {
    let answer: EventLoopPromise<Bool>
}

/// A WebSocket's own rules: pings and silence, kinds of frames, closing in order, and the end of a token. What is in the
/// messages is its ``SocketGuest``'s business.
final class GuestSocket: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let guest: any SocketGuest
    private let verifier: TokenVerifier
    private let tuning: GatewayTuning
    private var heard = NIODeadline.now()
    private var pinged = NIODeadline.now()
    private let opened = NIODeadline.now()
    private var pings: RepeatedTask?
    /// Who asks whether the other end is alive, by the number that the ping carries.
    private var probes: [UInt64: EventLoopPromise<Bool>] = [:]
    /// Why it ends, once that is known.
    private var end: String?

    init(_ guest: any SocketGuest, verifier: TokenVerifier, tuning: GatewayTuning) {
        self.guest = guest
        self.verifier = verifier
        self.tuning = tuning
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let socket = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        let interval = TimeAmount(min(tuning.ping, GatewayLimits.look))
        pings = context.value.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            socket.value.tick(context.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { pings?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        pings?.cancel()
        let asked = probes.values
        probes = [:]
        for probe in asked { probe.succeed(false) }
        guest.ended(end ?? "the connection was lost")
        context.fireChannelInactive()
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        heard = .now()
        switch frame.opcode {
        case .pong: answered(frame.unmaskedData)
        case .connectionClose: closed(frame, context)
        case _ where end != nil: break
        case guest.rules.messages: guest.received(frame.unmaskedData)
        case .binary, .text: close(guest.rules.wrongKind, context)
        // One that does not read is owed no answers, which would pile up.
        case .ping where context.channel.isWritable: write(.pong, frame.unmaskedData, context)
        default: break
        }
    }

    /// Any bytes are a sign of life: a large message on a slow line takes longer than the silence that is allowed.
    func channelReadComplete(context: ChannelHandlerContext) {
        heard = .now()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength, NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge:
            close(guest.rules.tooLarge, context)
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
            end = "closed by the other end" + (code.map { " (\($0))" } ?? "")
            // The answer carries the code it got, and nothing more.
            var answer = context.channel.allocator.buffer(capacity: 2)
            if let code { answer.writeInteger(code) }
            write(.connectionClose, answer, context)
        }
        context.close(promise: nil)
    }

    // MARK: Out

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case let end as SessionEnd:
            close(end, context)
            promise?.succeed()
        case let probe as SocketProbe:
            ask(probe, context)
            promise?.succeed()
        default: context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    private func ask(_ probe: SocketProbe, _ context: ChannelHandlerContext) {
        guard end == nil else { return probe.answer.succeed(false) }
        let number = UInt64.random(in: 0...UInt64.max)
        probes[number] = probe.answer
        // One that found no answer in time is of no use to anybody.
        probe.answer.futureResult.assumeIsolated().whenComplete { _ in self.probes[number] = nil }
        write(.ping, ByteBuffer(integer: number), context)
    }

    private func answered(_ data: ByteBuffer) {
        guard data.readableBytes == 8, let number: UInt64 = data.getInteger(at: data.readerIndex) else { return }
        probes[number]?.succeed(true)
    }

    private func tick(_ context: ChannelHandlerContext) {
        guard end == nil else { return }
        let now = NIODeadline.now()
        if now - heard >= TimeAmount(tuning.silence) || isStuck {
            end = SessionEnd.silent(tuning.silence).reason
            // Nobody is there to shake hands with.
            context.close(promise: nil)
        } else if let fault = guest.claims.flatMap({ verifier.refusal(of: $0) }) {
            close(.token(fault), after: guest.lastWord(fault), context)
        } else if !guest.isKnown, now - opened >= TimeAmount(guest.rules.patience) {
            close(guest.rules.late, after: guest.lastWord(guest.rules.lateFault), context)
        } else if now - pinged >= TimeAmount(tuning.ping) {
            pinged = now
            write(.ping, ByteBuffer(), context)
        }
    }

    private var isStuck: Bool { guest.stuckSince.map { .now - $0 >= tuning.silence } ?? false }

    private func close(_ reason: SessionEnd, after word: ByteBuffer?, _ context: ChannelHandlerContext) {
        if let word { write(guest.rules.messages, word, context) }
        close(reason, context)
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
