import Logging
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Stops accepting while the process has no descriptors to spare, and goes on when a connection has closed: otherwise the
/// waiting connection wakes the event loop again and again. Some descriptors stay for the mesh and the store. The first
/// handler of the listening channel, on its event loop.
final class AcceptGuard: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    /// The most connections that are open at a time.
    private let most: Int
    private let logger: Logger
    private var open = 0
    private var wantsRead = false
    /// Set while accepting has failed for lack of descriptors.
    private var retry: Scheduled<Void>?
    private var loggedAt: NIODeadline?

    /// - Parameter most: nil = as many as the process's descriptors allow.
    init(most: Int?, logger: Logger) {
        self.most = most ?? Self.connections(of: Self.descriptors)
        self.logger = logger
    }

    /// How many connections fit into a number of descriptors.
    static func connections(of descriptors: Int) -> Int {
        max(8, descriptors - min(GatewayLimits.keptDescriptors, descriptors / 2))
    }

    /// How many descriptors this process may have.
    static var descriptors: Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        Self.unwrapInboundIn(data).closeFuture.hop(to: context.value.eventLoop).whenComplete { _ in
            this.value.closed(context.value)
        }
        context.value.fireChannelRead(data)
    }

    private func closed(_ context: ChannelHandlerContext) {
        open -= 1
        goOn(context)
    }

    private func goOn(_ context: ChannelHandlerContext) {
        guard wantsRead, open < most, retry == nil, context.channel.isActive else { return }
        wantsRead = false
        context.read()
    }

    func read(context: ChannelHandlerContext) {
        guard open < most, retry == nil else {
            wantsRead = true
            return report("connections wait: as many as fit into the descriptors are open")
        }
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        report("connections wait: no descriptor is left")
        guard retry == nil else { return }
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        retry = context.value.eventLoop.scheduleTask(in: TimeAmount(GatewayLimits.acceptAgain)) {
            this.value.retry = nil
            this.value.goOn(context.value)
        }
    }

    private func report(_ sentence: Logger.Message) {
        let now = NIODeadline.now()
        if let loggedAt, now - loggedAt < .minutes(1) { return }
        loggedAt = now
        logger.warning(sentence, metadata: ["open": "\(open)", "most": "\(most)"])
    }

    func handlerRemoved(context: ChannelHandlerContext) { retry?.cancel() }
}
