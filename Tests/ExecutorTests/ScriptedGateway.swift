import Messages
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization

/// The server's side of the executor's link over a real socket: opens the WebSocket or refuses it, records what
/// arrives, and sends what a test asks for.
final class ScriptedGateway: Sendable {
    /// The reply that refuses the WebSocket.
    struct Refusal: Sendable {
        var status: HTTPResponseStatus
        var body: String
    }

    private struct State {
        var refusal: Refusal?
        var refused = 0
        var connections: [ScriptedConnection] = []
        var heads: [HTTPRequestHead] = []
    }

    private final class Shared: Sendable { let value = Mutex(State()) }

    let port: Int
    private let shared: Shared
    private let channel: any Channel

    var url: String { "http://127.0.0.1:\(port)" }
    /// Every connection so far, the newest last.
    var connections: [ScriptedConnection] { shared.value.withLock { $0.connections } }
    /// The upgrade requests so far.
    var heads: [HTTPRequestHead] { shared.value.withLock { $0.heads } }

    /// How many connections were refused.
    var refused: Int { shared.value.withLock { $0.refused } }

    /// Refuses the WebSocket from now on; nil = opens it.
    func refuse(_ refusal: Refusal?) { shared.value.withLock { $0.refusal = refusal } }

    private init(channel: any Channel, shared: Shared) {
        self.channel = channel
        self.shared = shared
        port = channel.localAddress?.port ?? 0
    }

    /// - Parameter tls: certificate and key, both in PEM, for a server with TLS.
    static func start(port: Int = 0, tls: TLSConfiguration? = nil) async throws -> ScriptedGateway {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let shared = Shared()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let refusal = shared.value.withLock { state in
                    if state.refusal != nil { state.refused += 1 }
                    return state.refusal
                }
                return channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    if let refusal {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(RefusingHandler(refusal))
                    } else {
                        try Self.openSocket(channel, shared)
                    }
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return ScriptedGateway(channel: channel, shared: shared)
    }

    private static func openSocket(_ channel: any Channel, _ shared: Shared) throws {
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 8 << 20,
            shouldUpgrade: { channel, head in
                shared.value.withLock { $0.heads.append(head) }
                return channel.eventLoop.makeSucceededFuture([:])
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let connection = ScriptedConnection(channel: channel)
                    try channel.pipeline.syncOperations.addHandler(ScriptedFrames(connection: connection))
                    shared.value.withLock { $0.connections.append(connection) }
                }
            })
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
    }

    func stop() async {
        try? await channel.close()
        for connection in connections { connection.cut() }
    }
}

/// One executor's connection, seen from the server.
final class ScriptedConnection: Sendable {
    private struct State {
        var frames: [(header: Header, body: [UInt8])] = []
        var isOpen = true
        var onFrame: (@Sendable (Header, [UInt8]) -> Void)?
        var pings = 0
    }

    private let state = Mutex(State())
    let channel: any Channel

    init(channel: any Channel) { self.channel = channel }

    var isOpen: Bool { state.withLock { $0.isOpen } }
    var pings: Int { state.withLock { $0.pings } }

    /// Sets a function that is called for each later frame.
    func onFrame(_ body: @escaping @Sendable (Header, [UInt8]) -> Void) { state.withLock { $0.onFrame = body } }

    /// Acknowledges everything that arrives from now on, as a dispatcher does.
    func ackEverything() {
        onFrame { [weak self] header, body in
            var acks: [AttemptAck] = []
            if header.type == EventsAppend.type, let last = try? EventsAppend(bytes: body).batch.events.last {
                acks = [AttemptAck(task: last.task, attempt: last.attempt, seq: last.attemptSeq)]
            }
            if header.type == TaskFinished.type, let end = try? Wire.decode(TaskFinished.self, from: body) {
                acks = [AttemptAck(task: end.task, attempt: end.attempt, seq: end.attemptSeq)]
            }
            if !acks.isEmpty { try? self?.send(EventsAck(acks: acks)) }
        }
    }

    /// Returns all messages of a type that have arrived, in order.
    func all<M: Message>(_ type: M.Type) throws -> [M] {
        try state.withLock { $0.frames }.filter { $0.header.type == M.type }.map {
            try Wire.decode(M.self, from: $0.body)
        }
    }

    /// The types of all messages that have arrived, in order.
    var types: [String] { state.withLock { $0.frames.map(\.header.type) } }

    /// Returns the header of the first frame of a type.
    func header(_ type: String) -> Header? { state.withLock { $0.frames.first { $0.header.type == type }?.header } }

    func send<M: Message>(_ message: M, _ kind: FrameKind = .notice, correlation: UInt64 = 0) throws {
        let bytes = Header(kind, type: M.type, correlation: correlation).encoded() + (try Wire.encode(message))
        send(raw: bytes)
    }

    func send(raw bytes: [UInt8]) {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// Cuts the connection without a close frame.
    func cut() { channel.close(promise: nil) }

    /// Stops reading, or reads on.
    func pause(_ paused: Bool) { channel.setOption(.autoRead, value: !paused).whenComplete { _ in } }

    fileprivate func received(_ bytes: [UInt8]) {
        guard let (header, body) = try? Header.split(bytes) else { return }
        let handler = state.withLock { state in
            state.frames.append((header, body))
            return state.onFrame
        }
        handler?(header, body)
    }

    fileprivate func pinged() { state.withLock { $0.pings += 1 } }
    fileprivate func closed() { state.withLock { $0.isOpen = false } }
}

private final class ScriptedFrames: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame
    private let connection: ScriptedConnection

    init(connection: ScriptedConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .binary: connection.received(Array(buffer: frame.unmaskedData))
        case .ping:
            connection.pinged()
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) { connection.closed() }
}

private final class RefusingHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private let refusal: ScriptedGateway.Refusal

    init(_ refusal: ScriptedGateway.Refusal) { self.refusal = refusal }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let body = ByteBuffer(string: refusal.body)
        let headers: HTTPHeaders = [
            "content-type": "application/problem+json", "content-length": "\(body.readableBytes)",
            "connection": "close",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: refusal.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }
}
