import Messages
import NIOCore
import NIOWebSocket
import Synchronization

/// An ``ExecutorLink`` over a WebSocket to a gateway.
///
/// Counts the bytes that were sent and are not yet in the socket: over 1 MiB events should wait, and over 16 MiB, which
/// control messages alone do not reach while the peer reads, the link closes itself.
final class WebSocketLink: ExecutorLink {
    /// From here on events should wait.
    static let highWater = 1 << 20
    /// From here on the peer counts as dead.
    static let limit = 16 << 20

    private let channel: any Channel
    private let events: BatchQueue<LinkEvent>
    private let lastHeard: LastHeard
    private let pending = Mutex(0)

    init(channel: any Channel, events: BatchQueue<LinkEvent>, lastHeard: LastHeard) {
        self.channel = channel
        self.events = events
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
        if resumed { events.post(.writable) }
    }

    func ping() {
        let frame = WebSocketFrame(fin: true, opcode: .ping, maskKey: .random(), data: ByteBuffer())
        channel.writeAndFlush(frame, promise: nil)
    }

    func close() {
        let close = WebSocketFrame(
            fin: true, opcode: .connectionClose, maskKey: .random(), data: ByteBuffer(integer: UInt16(1000)))
        let channel = channel
        channel.writeAndFlush(close).whenComplete { _ in channel.close(promise: nil) }
        // A peer that does not read would hold the close frame for ever.
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    func next() async -> [LinkEvent]? { await events.next() }
}
