import HTTPTypes
import Messages
import NIOCore
import NIOHTTPTypes

/// Handles requests with bodies: answers `Expect: 100-continue`, and closes the connection in order when the answer comes
/// before the body was read. The client can then read the answer, and the rest of the body is not read.
final class RequestBodyHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes of the request's body that have not arrived yet; nil = unknown.
    private var remaining: Int? = 0
    private var isReading = false
    /// Whether the present answer is the connection's last.
    private var isLast = false
    /// Whether the last answer is written: everything that still arrives is discarded.
    private var discardsInput = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if discardsInput { return }
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            isReading = true
            if head.headerFields[.connection]?.lowercased() == "close" { isLast = true }
            let length = head.headerFields[.contentLength].flatMap { Int($0) }
            remaining = length ?? (head.headerFields[.transferEncoding] == nil ? 0 : nil)
            if head.headerFields[.expect]?.lowercased() == "100-continue", length ?? 0 <= GatewayLimits.taskBody {
                context.writeAndFlush(Self.wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body(let part): remaining = remaining.map { $0 - part.readableBytes }
        case .end: isReading = false
        }
        context.fireChannelRead(data)
    }

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

    /// Closes the outbound side and gives the client time to read the answer: a socket that is closed with unread bytes is
    /// reset, and the answer is lost with it.
    private func linger(_ context: ChannelHandlerContext) {
        discardsInput = true
        context.close(mode: .output, promise: nil)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.eventLoop.scheduleTask(in: TimeAmount(GatewayLimits.lingering)) {
            context.value.close(promise: nil)
        }
    }
}
