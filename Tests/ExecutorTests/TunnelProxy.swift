import NIOCore
import NIOPosix
import Synchronization

/// An HTTP proxy that opens tunnels (`CONNECT`), or answers with a fixed text. Whatever host a client names, the tunnel leads
/// to `port` of this machine.
final class TunnelProxy: Sendable {
    fileprivate final class Log: Sendable { let heads = Mutex<[String]>([]) }

    private let channel: any Channel
    private let log: Log

    var port: Int { channel.localAddress?.port ?? 0 }
    /// The heads of the requests so far.
    var heads: [String] { log.heads.withLock { $0 } }

    /// - Parameter answer: Sent in place of a tunnel; nil = a tunnel is opened.
    static func start(to port: Int, answer: String? = nil) async throws -> TunnelProxy {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TunnelHandler(port: port, answer: answer, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TunnelProxy(channel, log)
    }

    private init(_ channel: any Channel, _ log: Log) { (self.channel, self.log) = (channel, log) }

    func stop() async { try? await channel.close() }
}

/// Reads the request, then copies bytes both ways.
private final class TunnelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let port: Int
    private let answer: String?
    private let log: TunnelProxy.Log
    private var request = ByteBuffer()
    private var partner: (any Channel)?

    init(port: Int, answer: String?, log: TunnelProxy.Log) {
        self.port = port
        self.answer = answer
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if let partner { return partner.writeAndFlush(bytes, promise: nil) }
        request.writeBuffer(&bytes)
        let head = String(buffer: request)
        guard head.hasSuffix("\r\n\r\n") else { return }
        log.heads.withLock { $0.append(head) }
        if let answer {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            return context.close(promise: nil)
        }
        let (channel, bound) = (context.channel, NIOLoopBound(self, eventLoop: context.eventLoop))
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { $0.pipeline.addHandler(CopyHandler(to: channel)) }
            .connect(host: "127.0.0.1", port: port).assumeIsolated().whenSuccess { partner in
                bound.value.partner = partner
                channel.writeAndFlush(
                    ByteBuffer(string: "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n"), promise: nil)
            }
    }

    func channelInactive(context: ChannelHandlerContext) { partner?.close(promise: nil) }
}

private final class CopyHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let partner: any Channel

    init(to partner: any Channel) { self.partner = partner }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partner.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { partner.close(promise: nil) }
}
