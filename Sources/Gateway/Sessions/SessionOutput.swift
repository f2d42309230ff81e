import Messages
import NIOCore
import NIOWebSocket
import Synchronization

/// The binary messages to one executor's WebSocket, bounded by ``GatewayLimits/sessionOutbound``. A message is first
/// reserved, on any thread; on the channel's event loop it is then written, buffered or discarded.
final class SessionOutput: Sendable {
    private let channel: any Channel
    /// Bytes that are reserved and not yet in the socket.
    private let reserved = Atomic<Int>(0)
    /// Frames of a leader that wait until the session is open there.
    private let buffered: NIOLoopBoundBox<[ByteBuffer]>

    /// On the channel's event loop.
    init(_ channel: any Channel) {
        self.channel = channel
        buffered = NIOLoopBoundBox([], eventLoop: channel.eventLoop)
    }

    /// Reserves room for a message; false = too much waits for the socket already.
    func reserve(_ message: ByteBuffer) -> Bool {
        let cost = Self.cost(message)
        guard reserved.add(cost, ordering: .relaxed).newValue > GatewayLimits.sessionOutbound else { return true }
        reserved.subtract(cost, ordering: .relaxed)
        return false
    }

    /// Writes a reserved message.
    func write(_ message: ByteBuffer) {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .binary, data: message)).whenComplete { _ in
            self.discard(message)
        }
    }

    /// Gives back the room of a reserved message that is not written.
    func discard(_ message: ByteBuffer) { reserved.subtract(Self.cost(message), ordering: .relaxed) }

    /// Buffers a reserved message until ``writeBuffered()``.
    func buffer(_ message: ByteBuffer) { buffered.value.append(message) }

    /// Writes the buffered messages, in order.
    func writeBuffered() { takeBuffered().forEach(write) }

    /// Discards the buffered messages.
    func discardBuffered() { takeBuffered().forEach(discard) }

    private func takeBuffered() -> [ByteBuffer] {
        defer { buffered.value = [] }
        return buffered.value
    }

    private static func cost(_ message: ByteBuffer) -> Int { message.readableBytes + GatewayLimits.frameOverhead }
}
