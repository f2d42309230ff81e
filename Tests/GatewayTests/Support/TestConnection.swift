import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A TCP connection under a test's control: what it sends need not be HTTP.
final class TestConnection: Sendable {
    private struct State {
        var received: [UInt8] = []
        var isOpen = true
    }
    private final class Shared: Sendable { let value = Mutex(State()) }

    private let state: Shared
    private let channel: any Channel

    static func dial(port: Int) async throws -> TestConnection {
        let state = Shared()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(state))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TestConnection(state: state, channel: channel)
    }

    private init(state: Shared, channel: any Channel) {
        self.state = state
        self.channel = channel
    }

    var isOpen: Bool { state.value.withLock { $0.isOpen } }
    var text: String { state.value.withLock { String(decoding: $0.received, as: UTF8.self) } }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Waits until `text` has come.
    func next(_ text: String) async throws {
        try await eventually("'\(text)'", within: .seconds(20)) { self.text.contains(text) }
    }

    func ended() async throws { try await eventually("the end", within: .seconds(20)) { !isOpen } }

    func close() async { try? await channel.close() }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let state: Shared
        init(_ state: Shared) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            state.value.withLock { $0.received += bytes.readableBytesView }
        }
        /// The gateway sends nothing more; the test may.
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { state.value.withLock { $0.isOpen = false } }
        }
        func channelInactive(context: ChannelHandlerContext) { state.value.withLock { $0.isOpen = false } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
