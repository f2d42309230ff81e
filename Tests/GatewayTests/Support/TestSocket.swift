import Foundation
import Messages
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization
import TestSupport

/// A WebSocket client under a test's control, valid or not. It answers pings until ``fallSilent()``.
final class TestSocket: Sendable {
    struct Message: Sendable {
        var header: Header
        var body: [UInt8]
    }
    struct Close: Sendable, Equatable {
        var code: UInt16
        var reason: String
    }
    struct Refused: Error {}

    private struct State {
        var messages: [Message] = []
        var texts: [[UInt8]] = []
        var pings = 0
        var close: Close?
        var isOpen = true
        var silent = false
    }
    private final class Shared: Sendable { let value = Mutex(State()) }

    private let state: Shared
    private let channel: any Channel

    static func dial(port: Int, token: String?, path: String = "/executor") async throws -> TestSocket {
        let state = Shared()
        let upgraded = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketClientUpgrader<any Channel>(
                        maxFrameSize: 16 << 20, enableAutomaticErrorHandling: false
                    ) { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(Collector(state))
                            return channel
                        }
                    }
                    var headers: HTTPHeaders = ["Host": "127.0.0.1:\(port)"]
                    if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
                    let configuration = NIOTypedHTTPClientUpgradeConfiguration<any Channel>(
                        upgradeRequestHead: .init(version: .http1_1, method: .GET, uri: path, headers: headers),
                        upgraders: [upgrader]
                    ) { channel in channel.eventLoop.makeFailedFuture(Refused()) }
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                        configuration: .init(upgradeConfiguration: configuration))
                }
            }
        return TestSocket(state: state, channel: try await upgraded.get())
    }

    private init(state: Shared, channel: any Channel) {
        self.state = state
        self.channel = channel
    }

    /// The binary messages so far.
    var messages: [Message] { state.value.withLock { $0.messages } }
    var isOpen: Bool { state.value.withLock { $0.isOpen } }
    var pings: Int { state.value.withLock { $0.pings } }

    /// The text messages so far.
    var texts: [[UInt8]] { state.value.withLock { $0.texts } }

    /// Stops answering pings.
    func fallSilent() { state.value.withLock { $0.silent = true } }

    /// Stops reading, so that the gateway's messages pile up.
    func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    /// Reads again.
    func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    /// Ends the connection without a close frame.
    func cut() async throws { try await channel.close() }

    /// Sends one frame.
    func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8], fin: Bool = true) async throws {
        let frame = WebSocketFrame(
            fin: fin, opcode: opcode, maskKey: .random(), data: ByteBuffer(bytes: bytes))
        try await channel.writeAndFlush(frame)
    }

    /// Sends bytes that are not a whole frame. Nothing else can be sent until the frame is complete.
    func raw(_ bytes: [UInt8]) async throws {
        let written = channel.eventLoop.flatSubmit { [channel] in
            do {
                let encoder = try channel.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
                return encoder.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)))
            } catch { return channel.eventLoop.makeFailedFuture(error) }
        }
        try await written.get()
    }

    /// Sends a message of the mesh.
    func send<M: Messages.Message>(_ kind: FrameKind, _ message: M, correlation: UInt64 = 0) async throws {
        let body = try Wire.encode(message)
        let header = Header(kind, type: M.type, correlation: correlation, session: 99)
        try await send(.binary, header.encoded(reserving: body.count) + body)
    }

    /// Registers a device and returns the reply.
    @discardableResult
    func register(
        _ device: String = "box", correlation: UInt64 = 7, generation: UInt64 = 0, boot: BootID = .generate()
    ) async throws -> Message {
        let message = DeviceRegister(
            device: device, name: "Linux - \(device)", boot: boot, version: "1", slots: 5,
            platform: Platform(os: "linux", arch: "x86_64", hostname: device), generation: generation)
        try await send(.request, message, correlation: correlation)
        return try await next("the reply to the registration") { $0.header.correlation == correlation }
    }

    /// Waits for the first message that matches.
    func next(_ what: String, where matches: @escaping @Sendable (Message) -> Bool) async throws -> Message {
        try await eventually(what, within: .seconds(20)) { messages.first(where: matches) }
    }

    /// Waits for the `number`th `link.state`.
    func linkState(_ number: Int = 1) async throws -> LinkState {
        try await eventually("link.state \(number)", within: .seconds(20)) {
            let states = messages.filter { $0.header.type == LinkState.type }
            return states.count >= number ? try Wire.decode(LinkState.self, from: states[number - 1].body) : nil
        }
    }

    /// Waits for the gateway's close frame.
    func closed() async throws -> Close {
        try await eventually("the close frame", within: .seconds(20)) { state.value.withLock { $0.close } }
    }

    /// Waits for the end of the connection.
    func ended() async throws {
        try await eventually("the end of the connection", within: .seconds(20)) { state.value.withLock { !$0.isOpen } }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        typealias OutboundOut = WebSocketFrame
        private let state: Shared
        init(_ state: Shared) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            var bytes = frame.unmaskedData
            switch frame.opcode {
            case .binary:
                guard let (header, body) = try? Header.split([UInt8](bytes.readableBytesView)) else { return }
                state.value.withLock { $0.messages.append(Message(header: header, body: body)) }
            case .text:
                state.value.withLock { $0.texts.append([UInt8](bytes.readableBytesView)) }
            case .ping:
                let silent = state.value.withLock { state in
                    state.pings += 1
                    return state.silent
                }
                if silent { return }
                let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: bytes)
                context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
            case .connectionClose:
                let code = bytes.readInteger(as: UInt16.self) ?? 1005
                let reason = bytes.readString(length: bytes.readableBytes) ?? ""
                state.value.withLock { $0.close = Close(code: code, reason: reason) }
                context.close(promise: nil)
            default: break
            }
        }

        func channelInactive(context: ChannelHandlerContext) { state.value.withLock { $0.isOpen = false } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
