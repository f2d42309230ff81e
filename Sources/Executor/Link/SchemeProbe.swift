import NIOCore

/// Asks for a page and notes whether the answer is HTTP: to find out whether a server that answered nothing useful speaks
/// the other of HTTP and HTTPS.
final class SchemeProbe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the answer may take.
    static let deadline = TimeAmount.seconds(3)

    private let authority: String
    private let result: EventLoopPromise<Bool>
    private var isAsked = false

    init(authority: String, result: EventLoopPromise<Bool>) {
        self.authority = authority
        self.result = result
    }

    func channelActive(context: ChannelHandlerContext) {
        guard !isAsked else { return }
        isAsked = true
        let request = "GET / HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let start = String(decoding: unwrapInboundIn(data).readableBytesView.prefix(12), as: UTF8.self)
        // With 400 some servers say that they expect TLS here.
        result.succeed(start.hasPrefix("HTTP/") && !start.hasSuffix(" 400"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { result.succeed(false) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
