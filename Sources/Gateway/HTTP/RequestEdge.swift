import HTTPTypes
import Messages
import NIOCore
import NIOHTTPTypes

/// Keeps the edges of requests with bodies: asks for one that waits for `100-continue`, and closes the connection
/// in order when the answer comes before the body was read. The client then reads the answer, and nobody
/// reads a body that nobody wants.
final class RequestEdge: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes of the request's body that are still to come; nil = unknown.
    private var left: Int? = 0
    private var reading = false
    /// The answer under way is the connection's last.
    private var last = false
    /// The last answer is written: what is still sent is thrown away.
    private var deaf = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if deaf { return }
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            reading = true
            if head.headerFields[.connection]?.lowercased() == "close" { last = true }
            let length = head.headerFields[.contentLength].flatMap { Int($0) }
            left = length ?? (head.headerFields[.transferEncoding] == nil ? 0 : nil)
            if head.headerFields[.expect]?.lowercased() == "100-continue", length ?? 0 <= GatewayLimits.taskBody {
                context.writeAndFlush(Self.wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body(let part): left = left.map { $0 - part.readableBytes }
        case .end: reading = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            if reading, left ?? .max > GatewayLimits.drainedBody { last = true }
            if last { head.headerFields[.connection] = "close" }
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .end where last:
            context.writeAndFlush(data, promise: promise)
            linger(context)
        default: context.write(data, promise: promise)
        }
    }

    /// Says that nothing follows, and gives the client time to read the answer: a socket that is closed with bytes
    /// unread is reset, and the answer is lost with it.
    private func linger(_ context: ChannelHandlerContext) {
        deaf = true
        context.close(mode: .output, promise: nil)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.eventLoop.scheduleTask(in: TimeAmount(GatewayLimits.lingering)) {
            context.value.close(promise: nil)
        }
    }
}
