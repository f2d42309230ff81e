import Logging
import NIOCore

/// Closes an HTTP connection whose client does not read; otherwise the bytes buffered for it would be held for ever. A
/// slow client that takes some bytes stays. One for each connection, on its event loop.
final class StallGuard: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    /// When a client counts as stalled.
    struct Timing: Sendable {
        /// No byte has left for this long.
        var limit = GatewayLimits.stalled
        /// The interval of checks.
        var interval = GatewayLimits.stalledCheck
    }

    private let timing: Timing
    private let logger: Logger
    /// Runs while the channel is not writable.
    private var checks: RepeatedTask?
    private var buffered = 0
    private var progressedAt = NIODeadline.now()

    init(_ timing: Timing, logger: Logger) {
        self.timing = timing
        self.logger = logger
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { stopChecks() } else if checks == nil { startChecks(context) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopChecks()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopChecks() }

    private func stopChecks() {
        checks?.cancel()
        checks = nil
    }

    private func startChecks(_ context: ChannelHandlerContext) {
        buffered = Self.buffered(context)
        progressedAt = .now()
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let interval = TimeAmount(timing.interval)
        checks = context.value.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            this.value.check(context.value)
        }
    }

    private func check(_ context: ChannelHandlerContext) {
        let now = Self.buffered(context)
        // While the channel is not writable, only heartbeats are added.
        if now < buffered { progressedAt = .now() }
        buffered = now
        guard NIODeadline.now() - progressedAt >= TimeAmount(timing.limit) else { return }
        stopChecks()
        logger.notice("closing the connection of a client that does not read", metadata: ["buffered": "\(now)"])
        context.close(promise: nil)
    }

    /// Bytes that wait for the socket.
    private static func buffered(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
