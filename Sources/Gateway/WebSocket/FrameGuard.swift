import Messages
import Metrics
import NIOCore

/// Sets the longest message of a WebSocket, as an outbound event.
struct LongestMessage: Sendable {
    let bytes: Int
}

/// The first to see a WebSocket's bytes, before frames are collected: refuses what breaks RFC 6455 or is too long from the
/// frame's header, and stops reading the socket while its client has sent more than its budget, so that TCP holds the
/// client back. One for each connection, on its event loop.
final class FrameGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let rates: @Sendable () -> ReadBudget.Rate
    private var longest: Int
    private var scan = FrameScan()
    private var budget: ReadBudget
    /// Whether the client has broken the protocol: everything that still arrives is discarded.
    private var isBroken = false
    private var resume: Scheduled<Void>?
    /// Whether a read was asked for during the pause.
    private var wantsRead = false

    /// - Parameters:
    ///   - longest: The longest message until a ``LongestMessage``.
    ///   - rates: The rate that is allowed at this moment.
    init(longest: Int, rates: @escaping @Sendable () -> ReadBudget.Rate) {
        self.longest = longest
        self.rates = rates
        budget = ReadBudget(rates(), now: .now())
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        guard !isBroken else { return take(bytes.readableBytes, 0, context) }
        var valid = 0
        do throws(FrameScan.Violation) {
            let frames = try scan(bytes, &valid)
            take(bytes.readableBytes, frames, context)
            context.fireChannelRead(data)
        } catch {
            isBroken = true
            if let whole = bytes.readSlice(length: valid), valid > 0 {
                context.fireChannelRead(Self.wrapInboundOut(whole))
            }
            context.fireErrorCaught(error)
        }
    }

    private func scan(_ bytes: ByteBuffer, _ valid: inout Int) throws(FrameScan.Violation) -> Int {
        let longest = longest
        let result = bytes.withUnsafeReadableBytes { bytes -> Result<Int, FrameScan.Violation> in
            do throws(FrameScan.Violation) {
                return .success(try scan.take(bytes, longest: longest, valid: &valid))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    // MARK: The budget

    private func take(_ bytes: Int, _ frames: Int, _ context: ChannelHandlerContext) {
        let rate = rates()
        budget.take(bytes: bytes, frames: frames, at: rate, now: .now())
        if let pause = budget.pause(at: rate), resume == nil {
            Counter(label: "gateway_reads_paused").increment()
            self.pause(pause, context)
        }
    }

    private func pause(_ pause: TimeAmount, _ context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let this = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        resume = context.value.eventLoop.scheduleTask(in: pause) { this.value.goOn(context.value) }
        context.value.fireUserInboundEventTriggered(ReadPaused())
    }

    private func goOn(_ context: ChannelHandlerContext) {
        resume = nil
        let rate = rates()
        budget.take(bytes: 0, frames: 0, at: rate, now: .now())
        if let pause = budget.pause(at: rate) { return self.pause(pause, context) }
        guard wantsRead else { return }
        wantsRead = false
        context.read()
    }

    func read(context: ChannelHandlerContext) {
        if resume == nil { context.read() } else { wantsRead = true }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let event = event as? LongestMessage else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        longest = event.bytes
        promise?.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        resume?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { resume?.cancel() }
}

/// The gateway does not read this socket for a moment: the silence is its own, not the client's.
struct ReadPaused: Sendable {}
