import Crypto
import Messages
import NIOCore
import NIOHTTP1
import NIOWebSocket

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Asks for the WebSocket upgrade, and reads the server's error when it refuses: NIO's own upgrader discards that.
///
/// On success it puts the frame codec and `frames` into the pipeline, takes HTTP out and leaves. Runs on the channel's
/// event loop.
final class WebSocketHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        case waiting
        case refused(status: Int, location: String?, body: [UInt8])
        case accepted
        case done
    }

    private let address: LinkAddress
    private let token: String
    private let version: String
    private let deadline: TimeAmount
    private let frames: WebSocketFrames
    private let result: EventLoopPromise<Void>
    private let key: String
    private var state = State.waiting
    private var timer: Scheduled<Void>?

    init(
        address: LinkAddress, token: String, version: String, deadline: TimeAmount, frames: WebSocketFrames,
        result: EventLoopPromise<Void>
    ) {
        self.address = address
        self.token = token
        self.version = version
        self.deadline = deadline
        self.frames = frames
        self.result = result
        var random = SystemRandomNumberGenerator()
        key = Data((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }).base64EncodedString()
    }

    /// RFC 6455 section 4.2.2: the proof that the server understood the request.
    static func accept(for key: String) -> String {
        let proof = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Data(proof).base64EncodedString()
    }

    // The handler is added before the channel is connected on plain TCP, and TLS fires `channelActive` late.
    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { request(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        request(context)
        context.fireChannelActive()
    }

    private func request(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        let channel = context.channel
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: deadline) {
            self.fail(.unreachable("\(self.address) accepted the connection but did not answer in time"))
            channel.close(promise: nil)
        }
        let headers: HTTPHeaders = [
            "Host": address.authority, "Connection": "Upgrade", "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key, "Authorization": "Bearer \(token)",
            "User-Agent": "wegent-executor/\(version)",
        ]
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.path, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Once HTTP is out of the pipeline, bytes that followed the reply pass through unchanged.
        if case .done = state { return context.fireChannelRead(data) }
        switch unwrapInboundIn(data) {
        case .head(let head): read(head)
        case .body(var buffer):
            guard case .refused(let status, let location, var body) = state else { return }
            let room = UpgradeRefusal.longestBody - body.count
            body += buffer.readBytes(length: min(room, buffer.readableBytes)) ?? []
            state = .refused(status: status, location: location, body: body)
        case .end: end(context)
        }
    }

    private func read(_ head: HTTPResponseHead) {
        let accepted =
            head.status == .switchingProtocols && head.headers.first(name: "upgrade")?.lowercased() == "websocket"
            && head.headers.first(name: "sec-websocket-accept") == Self.accept(for: key)
        let isRedirect = [301, 302, 303, 307, 308].contains(head.status.code)
        let location = isRedirect ? head.headers.first(name: "location") : nil
        state = accepted ? .accepted : .refused(status: Int(head.status.code), location: location, body: [])
    }

    private func end(_ context: ChannelHandlerContext) {
        guard case .accepted = state else {
            failRefused()
            return context.close(promise: nil)
        }
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(WebSocketFrameEncoder())
            try pipeline.addHandler(
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: Limits.webSocketMessage)))
            try pipeline.addHandler(frames)
            state = .done
            let encoder = try pipeline.context(handlerType: HTTPRequestEncoder.self)
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
            pipeline.removeHandler(context: encoder, promise: nil)
            pipeline.removeHandler(context: decoder).assumeIsolated().whenComplete { _ in
                pipeline.removeHandler(self, promise: nil)
            }
            timer?.cancel()
            result.succeed(())
        } catch {
            fail(.unreachable("\(address): the connection could not be set up: \(error)"))
            context.close(promise: nil)
        }
    }

    private func failRefused() {
        guard case .refused(let status, let location, let body) = state else { return }
        let fault = UpgradeRefusal.read(status: status, location: location, body: body, from: address)
        fail(.refused(status: status, fault))
    }

    private func fail(_ failure: LinkFailure) {
        timer?.cancel()
        state = .done
        result.fail(failure)
    }

    func channelInactive(context: ChannelHandlerContext) {
        failRefused()
        if case .done = state {} else { fail(.unreachable("\(address) closed the connection without an answer")) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .done = state { return context.fireErrorCaught(error) }
        fail(ConnectionFault.during(error, of: address))
        context.close(promise: nil)
    }
}
