import Messages
import NIOCore
import NIOWebSocket

/// The inbound half of a WebSocket: joins fragments, answers pings, sends its own, and closes a link on which nothing
/// was heard for too long. Runs on the channel's event loop.
final class WebSocketFrames: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let events: BatchQueue<LinkEvent>
    private let ping: TimeAmount
    private let silence: TimeAmount
    private let heard: LastHeard
    private var message: ByteBuffer?
    private var pings: RepeatedTask?
    private var silenceTimer: Scheduled<Void>?
    private var reason = "the server closed the connection"

    init(events: BatchQueue<LinkEvent>, heard: LastHeard, ping: TimeAmount, silence: TimeAmount) {
        self.events = events
        self.heard = heard
        self.ping = ping
        self.silence = silence
    }

    func handlerAdded(context: ChannelHandlerContext) {
        heard.now()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: ping, delay: ping) { _ in
            this.value.send(bound.value, .ping, ByteBuffer())
        }
        watchSilence(context, silence)
    }

    func handlerRemoved(context: ChannelHandlerContext) { cancelTimers() }

    private func cancelTimers() {
        pings?.cancel()
        silenceTimer?.cancel()
    }

    /// Checks after `delay`, which is when the silence is over if nothing arrives.
    private func watchSilence(_ context: ChannelHandlerContext, _ delay: TimeAmount) {
        let channel = context.channel
        silenceTimer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            let quiet = TimeAmount.nanoseconds(Int64((ContinuousClock.now - self.heard.value) / .nanoseconds(1)))
            guard quiet >= self.silence else { return self.watchSilence(context, self.silence - quiet) }
            self.reason = "nothing was heard from the server for \(quiet.nanoseconds / 1_000_000_000) s"
            channel.close(promise: nil)
        }
    }

    private func send(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard.now()
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .binary, .text, .continuation: join(context, frame)
        case .ping: send(context, .pong, frame.unmaskedData)
        case .connectionClose:
            var data = frame.unmaskedData
            let code = data.readInteger(as: UInt16.self)
            let text = data.readString(length: data.readableBytes) ?? ""
            reason = "the server closed the connection"
            if let code { reason += " (\(code)\(text.isEmpty ? "" : ": \(text)"))" }
            send(
                context, .connectionClose,
                frame.unmaskedData.getSlice(
                    at: frame.unmaskedData.readerIndex, length: min(2, frame.unmaskedData.readableBytes))
                    ?? ByteBuffer())
            context.close(promise: nil)
        default: break
        }
    }

    /// Any bytes show that the peer is up, also the first ones of a large message on a slow line.
    func channelReadComplete(context: ChannelHandlerContext) {
        heard.now()
        context.fireChannelReadComplete()
    }

    private func join(_ context: ChannelHandlerContext, _ frame: WebSocketFrame) {
        var data = frame.unmaskedData
        if message != nil {
            guard (message?.readableBytes ?? 0) + data.readableBytes <= Limits.webSocketMessage else {
                return end(context, "the server sent a message over \(Limits.webSocketMessage) bytes")
            }
            message?.writeBuffer(&data)
        } else {
            message = data
        }
        guard frame.fin, let whole = message else { return }
        message = nil
        // A full queue means that the executor cannot keep up: it reconnects and resumes.
        if !events.post(.frame(Array(buffer: whole))) {
            end(context, "frames arrived faster than they could be handled")
        }
    }

    private func end(_ context: ChannelHandlerContext, _ why: String) {
        reason = why
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancelTimers()
        events.end(.closed(reason))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, "the connection failed: \(ConnectionFault.reason(error))")
    }
}
