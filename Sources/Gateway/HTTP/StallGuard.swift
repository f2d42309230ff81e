import Logging
import NIOCore

/// Closes an HTTP connection whose client does not read: what is buffered for it would be kept for ever. A slow one is
/// left alone as long as anything leaves. One for each connection, on its event loop.
final class StallGuard: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    /// How long, and how often it is looked.
    struct Patience: Sendable {
        /// Nothing has left for this long.
        var limit = GatewayLimits.stalled
        /// Between two looks.
        var look = GatewayLimits.stalledLook
    }

    private let patience: Patience
    private let logger: Logger
    private var looks: RepeatedTask?
    private var buffered = 0
    private var moved = NIODeadline.now()

    init(_ patience: Patience, logger: Logger) {
        self.patience = patience
        self.logger = logger
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { rest() } else if looks == nil { begin(context) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        rest()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { rest() }

    private func rest() {
        looks?.cancel()
        looks = nil
    }

    private func begin(_ context: ChannelHandlerContext) {
        buffered = Self.buffered(context)
        moved = .now()
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let interval = TimeAmount(patience.look)
        looks = context.value.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            this.value.look(context.value)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        let now = Self.buffered(context)
        // Nothing is added to what is buffered while the channel is not writable, but for a heartbeat.
        if now < buffered { moved = .now() }
        buffered = now
        guard NIODeadline.now() - moved >= TimeAmount(patience.limit) else { return }
        rest()
        logger.notice("a client does not read; its connection is closed", metadata: ["buffered": "\(now)"])
        context.close(promise: nil)
    }

    /// Bytes that wait for the socket.
    private static func buffered(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
