import Messages
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Stands before NIO's upgrader and lets through only upgrades that will succeed: the upgrader loses the request
/// when it refuses, and the client waits for ever. Any other request loses its `Upgrade` field and is answered as plain
/// HTTP, with the same problem documents as everywhere.
///
/// It also answers for the time before a connection has its first request: garbage with 400, nothing with a close.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Nothing was received.
        case fresh
        /// The first request asks for an upgrade that is being looked at; what follows it waits.
        case checking([HTTPServerRequestPart])
        /// NIO's upgrader looks at the first request only, so from then on nothing is to be decided here.
        case passing
        /// It was answered here; nothing more is read.
        case refused
    }

    private let routes: [UpgradeRoute]
    private var state = State.fresh
    private var idle: Scheduled<Void>?
    /// What the connection becomes, once an upgrade was admitted.
    private(set) var admission: UpgradeAdmission?

    init(routes: [UpgradeRoute]) { self.routes = routes }

    func handlerAdded(context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        idle = context.value.eventLoop.scheduleTask(in: TimeAmount(GatewayLimits.idleConnection)) {
            context.value.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { idle?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        switch state {
        case .passing:
            guard case .head(let head) = part else { return context.fireChannelRead(data) }
            context.fireChannelRead(Self.wrapInboundOut(.head(Self.plain(head))))
        case .refused: return
        case .checking(let parts): state = .checking(parts + [part])
        case .fresh:
            guard case .head(let head) = part else { return context.fireChannelRead(data) }
            idle?.cancel()
            guard let route = Self.asksForWebSocket(head) ? routes.first(where: { $0.path == Self.path(head) }) : nil
            else {
                return pass([.head(Self.plain(head))], context)
            }
            guard Self.hasKey(head) else { return refuse("'Sec-WebSocket-Key' is not 16 bytes in base64", context) }
            state = .checking([])
            check(head, route, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .fresh = state else { return context.fireErrorCaught(error) }
        refuse("this is not valid HTTP", context)
    }

    private func refuse(_ detail: String, _ context: ChannelHandlerContext) {
        state = .refused
        let problem = Problem(.invalidRequest, detail, status: .badRequest)
        problem.write(to: context.channel).whenComplete { [channel = context.channel] _ in channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (state, event) {
        case (.fresh, is ChannelShouldQuiesceEvent), (.checking, is ChannelShouldQuiesceEvent):
            context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func check(_ head: HTTPRequestHead, _ route: UpgradeRoute, _ context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let gate = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        context.value.eventLoop.makeFutureWithTask { await route.admit(head) }.whenSuccess { admission in
            guard case .checking(let parts) = gate.value.state, context.value.channel.isActive else { return }
            gate.value.admission = admission
            let first = admission == nil ? Self.plain(head) : head
            gate.value.pass([.head(first)] + parts, context.value)
            context.value.fireChannelReadComplete()
        }
    }

    private func pass(_ parts: [HTTPServerRequestPart], _ context: ChannelHandlerContext) {
        state = .passing
        for part in parts { context.fireChannelRead(Self.wrapInboundOut(part)) }
    }

    /// Whether the upgrader will accept it: RFC 6455 section 4.2.1, without a body.
    private static func asksForWebSocket(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.version == .http1_1
            && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && head.headers["sec-websocket-version"] == ["13"] && head.headers["sec-websocket-key"].count == 1
            && !head.headers.contains(name: "transfer-encoding") && !head.headers.contains(name: "content-length")
    }

    /// Whether the key is one (RFC 6455 section 4.1): the upgrader takes any text for it.
    private static func hasKey(_ head: HTTPRequestHead) -> Bool {
        head.headers["sec-websocket-key"].first.flatMap { Data(base64Encoded: $0) }?.count == 16
    }

    private static func path(_ head: HTTPRequestHead) -> Substring {
        head.uri.prefix { $0 != "?" }
    }

    /// Without the wish. NIO's decoder reads nothing behind a request that has it, so such a one is its
    /// connection's last; and so is one of HTTP/1.0, whose client reads to the end, unless it says otherwise.
    private static func plain(_ head: HTTPRequestHead) -> HTTPRequestHead {
        let isOld = head.version == .http1_0 && !head.isKeepAlive
        guard isOld || head.headers.contains(name: "upgrade") else { return head }
        var head = head
        head.headers.remove(name: "upgrade")
        head.headers.replaceOrAdd(name: "connection", value: "close")
        return head
    }
}
