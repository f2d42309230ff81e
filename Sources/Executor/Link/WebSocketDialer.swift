import Messages
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Opens a gateway's WebSocket, with TLS where the address asks for it.
struct WebSocketDialer: Dialer {
    let address: LinkAddress
    let token: String
    var renewToken: (@Sendable () async -> String?)?
    let version: String
    let times: ExecutorTimes
    /// The trusted certificate authorities; the system's own list, except in tests.
    var trust = NIOSSLTrustRoots.default
    var group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

    func dial() async throws(LinkFailure) -> any ExecutorLink {
        let token = await renewToken?() ?? token
        let loop = group.next()
        let events = BatchQueue<LinkEvent>(limit: 65_536)
        let heard = LastHeard()
        let result = loop.makePromise(of: Void.self)
        let deadline = TimeAmount.milliseconds(Int64(times.handshake * 1000))
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .connectTimeout(deadline)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try setUp(channel.pipeline.syncOperations, token, events, heard, result, deadline)
                    }
                }
                .connect(host: address.host, port: address.port).get()
        } catch {
            result.fail(error)
            throw .unreachable("\(address) cannot be reached: \(Self.reason(error))")
        }
        do { try await result.futureResult.get() } catch {
            channel.close(promise: nil)
            throw error as? LinkFailure ?? .unreachable("\(address): \(Self.reason(error))")
        }
        return WebSocketLink(channel: channel, events: events, lastHeard: heard)
    }

    private func setUp(
        _ pipeline: ChannelPipeline.SynchronousOperations, _ token: String, _ events: BatchQueue<LinkEvent>,
        _ heard: LastHeard, _ result: EventLoopPromise<Void>, _ deadline: TimeAmount
    ) throws {
        if address.secure {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = trust
            let context = try NIOSSLContext(configuration: configuration)
            // The certificate of a bare IP address is checked by the address; SNI must be left out.
            let isName = (try? SocketAddress(ipAddress: address.host, port: 0)) == nil
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isName ? address.host : nil))
        }
        let frames = WebSocketFrames(
            events: events, heard: heard, ping: .milliseconds(Int64(times.ping * 1000)),
            silence: .milliseconds(Int64(times.silence * 1000)))
        try pipeline.addHandler(HTTPRequestEncoder())
        try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)))
        try pipeline.addHandler(
            WebSocketHandshake(
                address: address, token: token, version: version, deadline: deadline, frames: frames, result: result))
    }

    /// Returns the shortest accurate text for a connection error.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let cause = error.connectionErrors.first?.error { return reason(cause) }
            return error.dnsAError != nil || error.dnsAAAAError != nil
                ? "the name \(error.host) cannot be resolved" : "no address of \(error.host) accepted the connection"
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: return "no answer in time"
        default: return "\(error)"
        }
    }
}
