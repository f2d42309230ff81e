import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOWebSocket

/// The protocol of a connection, once its first request is known.
enum UpgradedConnection: Sendable {
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    /// Its channel handlers do everything.
    case webSocket
}

/// NIO's upgrade to a WebSocket, with the message limit of the requested path.
struct WebSocketUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    typealias UpgradeResult = UpgradedConnection

    /// Has admitted the upgrade before NIO calls any method here.
    let gate: NIOLoopBound<UpgradeGate>

    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        upgrader.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(
        channel: any Channel, upgradeRequest: HTTPRequestHead
    ) -> EventLoopFuture<UpgradedConnection> {
        upgrader.upgrade(channel: channel, upgradeRequest: upgradeRequest)
    }

    private var upgrader: NIOTypedWebSocketServerUpgrader<UpgradedConnection> {
        let admission = gate.value.admission
        let longest = admission?.longestMessage ?? 0
        return NIOTypedWebSocketServerUpgrader(
            maxFrameSize: longest, enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: GatewayLimits.fragments,
                            maxAccumulatedFrameSize: longest))
                    guard let admission else { return .webSocket }
                    if let counted = try? channel.pipeline.syncOperations.handler(type: ConnectionTicket.self) {
                        channel.pipeline.syncOperations.removeHandler(counted, promise: nil)
                    }
                    let rates = try admission.install(channel)
                    let pipeline = channel.pipeline.syncOperations
                    let decoder = try pipeline.handler(type: ByteToMessageHandler<WebSocketFrameDecoder>.self)
                    try pipeline.addHandler(
                        FrameGuard(longest: admission.firstMessage, rates: rates), position: .before(decoder))
                    return .webSocket
                }
            })
    }
}
