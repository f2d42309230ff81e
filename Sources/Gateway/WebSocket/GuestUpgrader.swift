import NIOCore
import NIOHTTP1
import NIOWebSocket

/// NIO's upgrade to a WebSocket, with the largest message of the path that was asked for.
struct GuestUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    typealias UpgradeResult = GatewayChannel.Upgraded

    /// Knows what was admitted, before any of this is called.
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
    ) -> EventLoopFuture<GatewayChannel.Upgraded> {
        upgrader.upgrade(channel: channel, upgradeRequest: upgradeRequest)
    }

    private var upgrader: NIOTypedWebSocketServerUpgrader<GatewayChannel.Upgraded> {
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
                    try admission?.install(channel)
                    return .webSocket
                }
            })
    }
}
