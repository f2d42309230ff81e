import Hummingbird
import HummingbirdCore
import Logging
import Messages
import Metrics
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection of the gateway's port: HTTP/1.1 for Hummingbird, or a WebSocket that an ``UpgradeRoute`` admits.
struct GatewayChannel: HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let upgraded: EventLoopFuture<UpgradedConnection>
        let channel: any Channel
    }

    let responder: Responder
    let routes: [UpgradeRoute]
    let ledger: AddressLedger
    let tuning: GatewayTuning

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            guard let ticket = ledger.enter(channel.remoteAddress) else {
                Counter(label: "gateway_connections_refused").increment()
                channel.close(promise: nil)
                throw TooManyConnections()
            }
            try pipeline.addHandler(ConnectionTicket(ticket))
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: Self.limits))
            let gate = UpgradeGate(routes: routes)
            let bound = NIOLoopBound(gate, eventLoop: channel.eventLoop)
            let upgrader = NIOTypedHTTPServerUpgradeHandler(
                httpEncoder: encoder, extraHTTPHandlers: [decoder, gate],
                upgradeConfiguration: .init(upgraders: [WebSocketUpgrader(gate: bound)]) { channel in
                    channel.eventLoop.makeCompletedFuture { try http(channel, logger: logger) }
                })
            try pipeline.addHandlers([encoder, decoder, gate, upgrader])
            return Value(upgraded: upgrader.upgradeResultFuture, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.upgraded.get() {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .webSocket:
                try await withTaskCancellationHandler {
                    try await value.channel.closeFuture.get()
                } onCancel: {
                    value.channel.close(promise: nil)
                }
            }
        } catch {
            value.channel.close(promise: nil)
        }
    }

    /// The connection's address has as many as are allowed; it is closed.
    private struct TooManyConnections: Error {}

    /// The limits on header fields.
    private static var limits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = GatewayLimits.headers
        limits.maxHeaderListSize = GatewayLimits.headers
        return limits
    }

    private func http(_ channel: any Channel, logger: Logger) throws -> UpgradedConnection {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(StallGuard(tuning.stall, logger: logger))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(RequestBodyHandler(within: tuning.requestBody))
        try pipeline.addHandler(
            HTTPConnectionStateHandler(idleTimeout: GatewayLimits.idleConnection, logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }
}
