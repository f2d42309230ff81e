import Messages
import Synchronization

/// Sends frames to one peer: owns the peer's route and send queue, and knows whether the peer is up.
///
/// Except for ``isUp`` it is only touched on the reactor.
final class FrameSender: Sendable {
    /// The peer's name on a ROUTER; nil on a DEALER.
    let route: RoutingID?
    private let up = Atomic(true)
    /// Bytes on their way to the reactor, and bytes in the queue.
    private let posted = Atomic(0)
    private let queued = Atomic(0)
    private let counters: MeshCounters

    nonisolated(unsafe) private let socket: Socket
    nonisolated(unsafe) private var queue = SendQueue()
    /// Called when the queue gets its first frame: ``flush()`` is due soon.
    nonisolated(unsafe) var onBlocked: () -> Void = {}
    /// Called once, by ``markDown(_:dropping:as:)``.
    nonisolated(unsafe) var onDown: (_ reason: String, MeshDropReason) -> Void = { _, _ in }

    init(socket: Socket, route: RoutingID?, counters: MeshCounters) {
        self.socket = socket
        self.route = route
        self.counters = counters
    }

    /// Whether frames can still be sent; readable on any thread.
    var isUp: Bool { up.load(ordering: .acquiring) }

    /// Bytes that libzmq has not taken yet; readable on any thread.
    var backlog: Int { posted.load(ordering: .relaxed) + queued.load(ordering: .relaxed) }

    /// Counts a frame that another thread posts to the reactor.
    func post(_ frame: Frame) { posted.add(frame.size, ordering: .relaxed) }

    /// Sends a frame of ``post(_:)``.
    func deliverPosted(_ frame: Frame) {
        posted.subtract(frame.size, ordering: .relaxed)
        deliver(frame)
    }

    /// Sends a frame, or queues it until libzmq accepts it.
    func deliver(_ frame: Frame) {
        guard isUp else { return counters.drop(.peerLost) }
        if queue.isEmpty {
            switch socket.send(frame, to: route) {
            case .sent: return
            case .unreachable: return markDown("the peer is unreachable", dropping: 1, as: .peerLost)
            case .full: onBlocked()
            }
        }
        if !queue.append(frame) {
            markDown("the peer read too slowly: its send queue is full", dropping: queue.count + 1, as: .slowPeer)
        }
        queued.store(queue.bytes, ordering: .relaxed)
    }

    /// Offers the queued frames to libzmq again; true when none is left.
    func flush() -> Bool {
        defer { queued.store(queue.bytes, ordering: .relaxed) }
        while isUp, let frame = queue.first {
            switch socket.send(frame, to: route) {
            case .sent: queue.removeFirst()
            case .full: return false
            case .unreachable: markDown("the peer is unreachable", dropping: queue.count, as: .peerLost)
            }
        }
        return true
    }

    /// Sends a frame without queueing it; for a bye.
    func deliverOnce(_ frame: Frame) {
        if isUp, queue.isEmpty { _ = socket.send(frame, to: route) }
    }

    /// Stops sending, counts `count` dropped messages and calls ``onDown``; only the first call counts.
    func markDown(_ reason: String, dropping count: Int = 0, as drop: MeshDropReason = .peerLost) {
        guard up.exchange(false, ordering: .acquiringAndReleasing) else { return }
        if count > 0 { counters.drop(drop, count: count) }
        queue.removeAll()
        onDown(reason, drop)
    }

    /// Stops sending for good, without a callback; what is queued is dropped and counted.
    func close() {
        up.store(false, ordering: .releasing)
        if queue.count > 0 { counters.drop(.peerLost, count: queue.count) }
        queue.removeAll()
    }
}
