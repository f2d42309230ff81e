import Messages
import NIOCore
import NIOWebSocket
import Synchronization

/// An ``ExecutorLink`` over a WebSocket to a gateway.
///
/// What was handed over and is not yet in the socket is counted: over 1 MiB the link asks for a pause of the bulk,
/// and over 16 MiB (control messages alone do not get there while the peer lives) it closes itself.
final class WebSocketLink: ExecutorLink {
    /// From here on the bulk should wait.
    static let highWater = 1 << 20
    /// From here on the peer is taken for dead.
    static let limit = 16 << 20

    private let channel: any Channel
    private let inbox: Inbox<LinkEvent>
    private let lastHeard: LastHeard
    private let pending = Mutex(0)

    init(channel: any Channel, inbox: Inbox<LinkEvent>, lastHeard: LastHeard) {
        self.channel = channel
        self.inbox = inbox
        self.lastHeard = lastHeard
    }

    var heard: ContinuousClock.Instant { lastHeard.value }

    var isWritable: Bool { pending.withLock { $0 < Self.highWater } }

    func send(_ frame: [UInt8]) {
        let size = frame.count
        let total = pending.withLock { pending in
            pending += size
            return pending
        }
        guard total <= Self.limit else { return close() }
        let message = WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: ByteBuffer(bytes: frame))
        channel.writeAndFlush(message).whenComplete { _ in self.written(size) }
    }

    private func written(_ size: Int) {
        let resumed = pending.withLock { pending in
            let before = pending
            pending -= size
            return before >= Self.highWater && pending < Self.highWater
        }
        if resumed { inbox.post(.writable) }
    }

    func ping() {
        let frame = WebSocketFrame(fin: true, opcode: .ping, maskKey: .random(), data: ByteBuffer())
        channel.writeAndFlush(frame, promise: nil)
    }

    func close() {
        let goodbye = WebSocketFrame(
            fin: true, opcode: .connectionClose, maskKey: .random(), data: ByteBuffer(integer: UInt16(1000)))
        let channel = channel
        channel.writeAndFlush(goodbye).whenComplete { _ in channel.close(promise: nil) }
        // A peer that takes nothing would hold the goodbye for ever.
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    func next() async -> [LinkEvent]? { await inbox.next() }
}
