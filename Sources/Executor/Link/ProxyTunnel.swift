import Launch
import Messages
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Asks an HTTP proxy for a tunnel to the gateway (`CONNECT`, RFC 9110 section 9.3.6). The first handler of its pipeline:
/// the later ones see the channel as active once the tunnel is open. Then it leaves.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The longest head of a reply: some proxies send pages of headers.
    private static let longestHead = 64 << 10

    private let proxy: Proxy
    private let address: LinkAddress
    private let deadline: TimeAmount
    private let result: EventLoopPromise<Void>
    private var reply = ByteBuffer()
    private var isOver = false
    private var timer: Scheduled<Void>?

    init(proxy: Proxy, address: LinkAddress, deadline: TimeAmount, result: EventLoopPromise<Void>) {
        self.proxy = proxy
        self.address = address
        self.deadline = deadline
        self.result = result
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: deadline) {
            self.fail(.unreachable("the proxy \(self.proxy) did not answer in time"))
            channel.close(promise: nil)
        }
        let target = "\(address.backend.host.inHeader):\(address.port)"
        let login = proxy.credentials.map { Data($0.utf8).base64EncodedString() }
        let lines = [
            "CONNECT \(target) HTTP/1.1", "Host: \(target)", "User-Agent: wegent-executor/\(Product.version)",
            login.map { "Proxy-Authorization: Basic \($0)" },
        ]
        let request = lines.compactMap { $0 }.joined(separator: "\r\n") + "\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return context.fireChannelRead(data) }
        var bytes = unwrapInboundIn(data)
        reply.writeBuffer(&bytes)
        guard let end = reply.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else {
            if reply.readableBytes > Self.longestHead { refuse(context, "sent a reply that does not end") }
            return
        }
        // The reason after the status may be missing, with its space.
        let line = reply.readableBytesView.prefix { $0 != UInt8(ascii: "\r") }
        let status = line.split(separator: UInt8(ascii: " "), maxSplits: 2).dropFirst().first
        guard reply.readableBytesView.starts(with: Array("HTTP/1.".utf8)),
            let code = status.flatMap({ Int(String(decoding: $0, as: UTF8.self)) })
        else { return refuse(context, "answered with something that is not HTTP") }
        guard (200..<300).contains(code) else { return refuse(context, code) }
        open(context, from: end)
    }

    private func open(_ context: ChannelHandlerContext, from end: Int) {
        isOver = true
        timer?.cancel()
        reply.moveReaderIndex(to: end)
        context.fireChannelActive()
        if reply.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(reply)) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ code: Int) {
        let text = "the proxy \(proxy) answered \(code) instead of opening a tunnel to \(address.authority)"
        switch code {
        case 407: refuse(context, .mistaken("\(text); write user and password into \(proxy.variable)"))
        case 408, 429, 500...: refuse(context, .unreachable(text))
        default: refuse(context, .mistaken("\(text); allow it there, or name the gateway in no_proxy"))
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ what: String) {
        refuse(context, .mistaken("the proxy \(proxy) \(what); check \(proxy.variable)"))
    }

    private func refuse(_ context: ChannelHandlerContext, _ failure: LinkFailure) {
        fail(failure)
        context.close(promise: nil)
    }

    private func fail(_ failure: LinkFailure) {
        isOver = true
        timer?.cancel()
        result.fail(failure)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isOver { fail(.unreachable("the proxy \(proxy) closed the connection without an answer")) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isOver else { return context.fireErrorCaught(error) }
        refuse(context, .unreachable("the proxy \(proxy): \(ConnectionFault.reason(error))"))
    }
}
