import NIOCore

/// Counts an HTTP connection for its address until it ends or becomes a WebSocket: the WebSocket's upgrade removes it.
final class ConnectionTicket: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let ticket: AddressLedger.Ticket

    init(_ ticket: AddressLedger.Ticket) { self.ticket = ticket }

    func channelInactive(context: ChannelHandlerContext) {
        ticket.close()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { ticket.close() }
}
