import Metrics
import Synchronization

/// Why a message was not acted upon, or a message could not be sent.
enum DropReason: String, CaseIterable, Sendable {
    /// It cannot be read.
    case malformed
    /// Its protocol version is not spoken here.
    case version
    /// Its type has no handler here.
    case unknownType = "unknown_type"
    /// Its body is not that of its type.
    case undecodable
    /// It is over the limit of the wire.
    case tooLarge = "too_large"
    /// Its sender has not said hello to this life.
    case stranger
    /// It answers something that nobody waits for (any more).
    case unexpected
    /// Its sender has too much open.
    case overload
    /// It was for a peer that is gone.
    case peerLost = "peer_lost"
    /// It was in the queue of a peer that was too slow.
    case slowPeer = "slow_peer"
}

/// What the mesh of one reactor has received and dropped; also given to swift-metrics as `mesh_received` and
/// `mesh_dropped{reason}`.
final class MeshCounters: Sendable {
    private let received = Atomic<Int>(0)
    private let dropped = Mutex<[DropReason: (count: Int, counter: Counter)]>([:])
    private let counter = Counter(label: "mesh_received")
    /// Received and acted upon; with what was dropped on the way in it makes up all that was received. Only touched on
    /// the reactor.
    nonisolated(unsafe) private(set) var taken = 0

    /// Counts messages that were taken from a socket.
    func receive(_ count: Int) {
        received.add(count, ordering: .relaxed)
        counter.increment(by: count)
    }

    /// Counts a message that was acted upon; on the reactor.
    func take() { taken += 1 }

    /// Counts messages that were dropped or refused.
    func drop(_ reason: DropReason, count: Int = 1) {
        dropped.withLock { dropped in
            let before = dropped[reason]
            let counter = before?.counter ?? Counter(label: "mesh_dropped", dimensions: [("reason", reason.rawValue)])
            dropped[reason] = ((before?.count ?? 0) + count, counter)
            counter.increment(by: count)
        }
    }

    /// How many messages were received so far.
    var totalReceived: Int { received.load(ordering: .relaxed) }

    /// How many were dropped so far, by reason.
    var totalDropped: [DropReason: Int] { dropped.withLock { $0.mapValues(\.count) } }
}
