import HTTPTypes
import Messages
import NIOCore
import NIOHTTPTypes

/// Handles requests with bodies: answers `Expect: 100-continue`, closes a connection whose body does not arrive in time, and
/// closes it in order when the answer comes before the body was read. The client can then read the answer; the rest of the
/// body is discarded.
final class RequestBodyHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// The time for a whole body.
    private let limit: Duration
    private var deadline: Scheduled<Void>?
    /// Bytes of the request's body that have not arrived yet; nil = unknown.
    private var remaining: Int? = 0
    private var isReading = false
    /// Whether the present answer is the connection's last.
    private var isLast = false
    /// When the last byte was discarded, once the last answer is written: everything that still arrives is.
    private var discardedAt: NIODeadline?

    init(within limit: Duration = GatewayLimits.requestBody) { self.limit = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard discardedAt == nil else {
            discardedAt = .now()
            return
        }
        switch Self.unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let part): remaining = remaining.map { $0 - part.readableBytes }
        case .end:
            isReading = false
            deadline?.cancel()
        }
        context.fireChannelRead(data)
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        isReading = true
        if head.headerFields[.connection]?.lowercased() == "close" { isLast = true }
        let length = head.headerFields[.contentLength].flatMap { Int($0) }
        remaining = length ?? (head.headerFields[.transferEncoding] == nil ? 0 : nil)
        if head.headerFields[.expect]?.lowercased() == "100-continue", length ?? 0 <= GatewayLimits.taskBody {
            context.writeAndFlush(Self.wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        guard remaining != 0 else { return }
        deadline?.cancel()
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.value.eventLoop.scheduleTask(in: TimeAmount(limit)) { context.value.close(promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // The request is answered: its reader asks for nothing more.
        if discardedAt != nil { context.read() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            if isReading, remaining ?? .max > GatewayLimits.drainedBody { isLast = true }
            if isLast { head.headerFields[.connection] = "close" }
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .end where isLast:
            context.writeAndFlush(data, promise: promise)
            linger(context)
        default: context.write(data, promise: promise)
        }
    }

    /// Closes the outbound side and reads on while the client sends: a socket that is closed with unread bytes is reset,
    /// and the answer is lost with it.
    private func linger(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        discardedAt = .now()
        context.close(mode: .output, promise: nil)
        context.read()
        awaitSilence(until: .now() + TimeAmount(GatewayLimits.lingeringAtMost), context)
    }

    private func awaitSilence(until end: NIODeadline, _ context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let this = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        context.value.eventLoop.scheduleTask(in: TimeAmount(GatewayLimits.lingering)) {
            let silence = NIODeadline.now() - (this.value.discardedAt ?? .now())
            guard silence < TimeAmount(GatewayLimits.lingering), .now() < end else {
                return context.value.close(promise: nil)
            }
            this.value.awaitSilence(until: end, context.value)
        }
    }
}
