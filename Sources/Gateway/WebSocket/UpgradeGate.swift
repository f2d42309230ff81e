import Messages
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Passes to NIO's upgrader only upgrades that will succeed: when the upgrader refuses, it drops the request and the
/// client waits for ever. Any other request loses its `Upgrade` field and is answered as plain HTTP, with the usual
/// problem documents.
///
/// Also guards a connection until its first request: bytes that are not HTTP get 400, and silence ends in a close.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// No request has come yet.
        case fresh
        /// The first request asks for an upgrade that is being checked; the parts after it wait.
        case checking([HTTPServerRequestPart])
        /// The first request has passed. NIO's upgrader checks no later one.
        case passing
        /// The first request was refused; nothing more is read.
        case refused
    }

    private let routes: [UpgradeRoute]
    private var state = State.fresh
    private var idle: Scheduled<Void>?
    /// The admission of the connection's upgrade; nil = none was admitted.
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
            guard
                let route = Self.isUpgrade(head) && Self.hasOneHost(head)
                    ? routes.first(where: { $0.path == Self.path(head) }) : nil
            else {
                return pass([.head(Self.plain(head))], context)
            }
            guard Self.hasValidKey(head) else {
                return refuse("'Sec-WebSocket-Key' is not 16 bytes in base64", context)
            }
            state = .checking([])
            check(head, route, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .fresh = state else { return context.fireErrorCaught(error) }
        refuse("the request is not valid HTTP", context)
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

    /// Whether NIO's upgrader will accept the request: RFC 6455 section 4.2.1, without a body.
    private static func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.version == .http1_1
            && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && head.headers["sec-websocket-version"] == ["13"] && head.headers["sec-websocket-key"].count == 1
            && !head.headers.contains(name: "transfer-encoding") && !head.headers.contains(name: "content-length")
    }

    /// Whether the key is valid (RFC 6455 section 4.1); NIO's upgrader accepts any text.
    private static func hasValidKey(_ head: HTTPRequestHead) -> Bool {
        head.headers["sec-websocket-key"].first.flatMap { Data(base64Encoded: $0) }?.count == 16
    }

    /// Whether the request names its host exactly once (RFC 9112 section 3.2); HTTP/1.0 may leave it out.
    private static func hasOneHost(_ head: HTTPRequestHead) -> Bool {
        let hosts = head.headers["host"].count
        return hosts == 1 || hosts == 0 && head.version == .http1_0
    }

    private static func path(_ head: HTTPRequestHead) -> Substring {
        head.uri.prefix { $0 != "?" }
    }

    /// The request without its `Upgrade` field. NIO's decoder reads nothing after a request with that field, so the
    /// request is its connection's last. So is a request of HTTP/1.0 without keep-alive.
    private static func plain(_ head: HTTPRequestHead) -> HTTPRequestHead {
        let isOld = head.version == .http1_0 && !head.isKeepAlive
        let hasOneHost = hasOneHost(head)
        guard
            isOld || !hasOneHost || head.headers.contains(name: HostGuard.mark)
                || head.headers.contains(name: "upgrade")
        else { return head }
        var head = head
        head.headers.remove(name: "upgrade")
        head.headers.remove(name: HostGuard.mark)
        if !hasOneHost { head.headers.add(name: HostGuard.mark, value: "1") }
        head.headers.replaceOrAdd(name: "connection", value: "close")
        return head
    }
}
