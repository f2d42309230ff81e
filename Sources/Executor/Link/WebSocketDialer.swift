import Launch
import Messages
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Opens a gateway's WebSocket, with TLS where the address asks for it, through a proxy where the environment names one.
struct WebSocketDialer: Dialer {
    let address: LinkAddress
    let token: String
    var renewToken: (@Sendable () async -> String?)?
    var proxy: Proxy?
    let version: String
    let times: ExecutorTimes
    /// The trusted certificate authorities; the system's own list, except in tests.
    var trust = NIOSSLTrustRoots.default
    var group: any EventLoopGroup = Self.loop

    /// The loop of the link, which nothing else uses: were a child's output read on it, then nothing would be read while a
    /// frame is sent, and no frame sent while output is read. Lives as long as the process.
    private static let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Returns the proxy that the environment names for this address; nil = none.
    /// - Throws: ``Fault`` when it is not an HTTP proxy.
    static func proxy(for address: LinkAddress, environment: [String: String]) throws -> Proxy? {
        let proxy = try ProxySettings(environment: environment).proxy(for: address.backend)
        guard let proxy, proxy.scheme != "http" else { return proxy }
        throw Fault(
            .invalidRequest,
            "the executor can only use an HTTP proxy, not \(proxy); name one, or put the gateway into no_proxy")
    }

    private var deadline: TimeAmount { .milliseconds(Int64(times.handshake * 1000)) }

    func dial() async throws(LinkFailure) -> any ExecutorLink {
        let token = await renewToken?() ?? token
        let loop = group.next()
        let events = BatchQueue<LinkEvent>(limit: 65_536)
        let heard = LastHeard()
        let result = loop.makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await connect(loop, deadline) { pipeline in
                try setUp(pipeline, token, events, heard, result)
            }
        } catch {
            result.fail(error)
            let target = proxy.map { "the proxy \($0)" } ?? "\(address)"
            throw .unreachable("\(target) cannot be reached: \(ConnectionFault.reason(error))")
        }
        do { try await result.futureResult.get() } catch {
            channel.close(promise: nil)
            let failure = error as? LinkFailure ?? .unreachable("\(address): \(ConnectionFault.reason(error))")
            throw await explained(failure)
        }
        return WebSocketLink(channel: channel, events: events, lastHeard: heard)
    }

    private func connect(
        _ loop: any EventLoop, _ deadline: TimeAmount,
        _ setUp: @escaping @Sendable (ChannelPipeline.SynchronousOperations) throws -> Void
    ) async throws -> any Channel {
        try await ClientBootstrap(group: loop)
            .connectTimeout(deadline)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try setUp(channel.pipeline.syncOperations) }
            }
            .connect(host: proxy?.host.name ?? address.host, port: proxy?.port ?? address.port).get()
    }

    private func setUp(
        _ pipeline: ChannelPipeline.SynchronousOperations, _ token: String, _ events: BatchQueue<LinkEvent>,
        _ heard: LastHeard, _ result: EventLoopPromise<Void>
    ) throws {
        if let proxy {
            try pipeline.addHandler(
                ProxyTunnel(proxy: proxy, address: address, deadline: deadline, result: result))
        }
        if address.secure {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = trust
            try pipeline.addHandler(tls(configuration))
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

    private func tls(_ configuration: TLSConfiguration) throws -> NIOSSLClientHandler {
        let context = try NIOSSLContext(configuration: configuration)
        // The certificate of a bare IP address is checked by the address; SNI must be left out.
        let isName = (try? SocketAddress(ipAddress: address.host, port: 0)) == nil && !address.backend.host.isIPv6
        return try NIOSSLClientHandler(context: context, serverHostname: isName ? address.host : nil)
    }

    // MARK: The wrong scheme

    /// Returns a failure that names the right scheme, when a server that gave no proper answer speaks that one.
    ///
    /// A server that expects the other scheme may close the connection, stay silent or send a few bytes.
    private func explained(_ failure: LinkFailure) async -> LinkFailure {
        if case .refused(let status, _) = failure, status != 400 { return failure }
        guard proxy == nil, await speaksOther() else { return failure }
        let (there, here) = address.secure ? ("http", "https") : ("https", "http")
        return .mistaken(
            "\(address.authority) speaks \(there.uppercased()), not \(here.uppercased()): "
                + "begin the backend URL with \(there)://")
    }

    private func speaksOther() async -> Bool {
        let loop = group.next()
        let result = loop.makePromise(of: Bool.self)
        let timer = loop.scheduleTask(in: SchemeProbe.deadline) { result.succeed(false) }
        defer { timer.cancel() }
        do {
            let channel = try await connect(loop, SchemeProbe.deadline) { pipeline in
                if !address.secure {
                    var configuration = TLSConfiguration.makeClientConfiguration()
                    // Nothing secret is sent, and the certificate is not the question.
                    configuration.certificateVerification = .none
                    try pipeline.addHandler(tls(configuration))
                }
                try pipeline.addHandler(SchemeProbe(authority: address.authority, result: result))
            }
            let speaks = try await result.futureResult.get()
            channel.close(promise: nil)
            return speaks
        } catch {
            result.succeed(false)
            return false
        }
    }
}
