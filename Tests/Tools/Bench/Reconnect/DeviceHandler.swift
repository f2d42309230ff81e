import Executor
import Messages
import NIOCore
import NIOWebSocket

/// The device's end of a WebSocket: registers, reports once its leader is connected, answers pings and sends its own.
final class DeviceHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let state: DeviceState
    private let ping: TimeAmount
    private var timer: RepeatedTask?

    init(_ state: DeviceState, _ times: ExecutorTimes) {
        self.state = state
        ping = .milliseconds(Int64(times.ping * 1000))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: ping, delay: ping) { _ in
            let (this, context) = bound.value
            this.send(context, .ping, [])
        }
    }

    /// Sends an executor's first message. Call it after the upgrade: the upgrade handler accepts no message before.
    static func register(_ state: DeviceState, on channel: any Channel) async throws {
        let body = try Wire.encode(state.registration)
        let header = Header(.request, type: DeviceRegister.type, correlation: 1, budget: 10_000)
        try await channel.writeAndFlush(frame(.binary, header.encoded(reserving: body.count) + body))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let bytes = Array(buffer: frame.unmaskedData)
        switch frame.opcode {
        case .binary: receive(context, bytes)
        case .ping: send(context, .pong, bytes)
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }

    private func receive(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
        guard let (header, body) = try? Header.split(bytes) else { return }
        if header.kind == .reply, let answer = try? Wire.decode(DeviceRegistered.self, from: body) {
            state.register(answer)
        } else if header.kind == .failure {
            context.close(promise: nil)
        } else if header.type == LinkState.type, (try? Wire.decode(LinkState.self, from: body))?.up == true,
            let report = try? Wire.encode(DeviceReport(used: 0, total: 5, draining: false))
        {
            send(context, .binary, Header(.notice, type: DeviceReport.type).encoded(reserving: report.count) + report)
        }
    }

    private func send(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ bytes: [UInt8]) {
        context.writeAndFlush(wrapOutboundOut(Self.frame(opcode, bytes)), promise: nil)
    }

    private static func frame(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: ByteBuffer(bytes: bytes))
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        state.disconnect()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
