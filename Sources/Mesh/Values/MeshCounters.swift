import Messages
import Metrics
import Synchronization

/// Why a message was not processed or not sent; the raw value is the metric's `reason`.
enum MeshDropReason: String, CaseIterable, Sendable {
    /// It cannot be parsed.
    case malformed
    /// Its protocol version is not supported.
    case version
    /// No handler is registered for its type.
    case unknownType = "unknown_type"
    /// Its body does not decode as its type.
    case undecodable
    /// It is over a size limit.
    case tooLarge = "too_large"
    /// Its sender has not sent a hello on this connection.
    case stranger
    /// It refers to a request or subscription that is not open.
    case unexpected
    /// Its sender has too many requests or subscriptions open.
    case overload
    /// Its sender may not send it in its role.
    case role
    /// Its receiver is disconnected.
    case peerLost = "peer_lost"
    /// It was in the send queue of a peer that read too slowly.
    case slowPeer = "slow_peer"

    /// The reason for dropping a message with this fault.
    init(_ fault: Fault) {
        switch fault.code {
        case .versionIncompatible: self = .version
        case .messageTooLarge: self = .tooLarge
        default: self = .malformed
        }
    }

    /// The reason for refusing a hello with this fault.
    init(hello fault: Fault) {
        switch fault.code {
        case .versionIncompatible: self = .version
        case .roleNotAllowed: self = .role
        default: self = .undecodable
        }
    }
}

/// Counts what the mesh of one reactor has received, dropped and refused; also reported to swift-metrics as
/// `mesh_received`, `mesh_dropped{reason}` and `mesh_refused{reason}`.
final class MeshCounters: Sendable {
    private let received = Atomic<Int>(0)
    private let dropped = Mutex<[MeshDropReason: (count: Int, counter: Counter)]>([:])
    private let refused = Mutex<[MeshRefusal: Int]>([:])
    private let counter = Counter(label: "mesh_received")
    /// Messages received and processed; with those dropped on receipt they add up to all received. Only touched on the
    /// reactor.
    nonisolated(unsafe) private(set) var taken = 0

    /// Counts messages read from a socket.
    func receive(_ count: Int) {
        received.add(count, ordering: .relaxed)
        counter.increment(by: count)
    }

    /// Counts a processed message; on the reactor.
    func take() { taken += 1 }

    /// Counts messages that were dropped or refused.
    func drop(_ reason: MeshDropReason, count: Int = 1) {
        dropped.withLock { dropped in
            let before = dropped[reason]
            let counter = before?.counter ?? Counter(label: "mesh_dropped", dimensions: [("reason", reason.rawValue)])
            dropped[reason] = ((before?.count ?? 0) + count, counter)
            counter.increment(by: count)
        }
    }

    /// Counts a refused connection.
    func refuse(_ reason: MeshRefusal) {
        refused.withLock { $0[reason, default: 0] += 1 }
        Counter(label: "mesh_refused", dimensions: [("reason", reason.rawValue)]).increment()
    }

    /// Messages received so far.
    var totalReceived: Int { received.load(ordering: .relaxed) }

    /// Messages dropped so far, by reason.
    var totalDropped: [MeshDropReason: Int] { dropped.withLock { $0.mapValues(\.count) } }

    /// Connections refused so far, by reason.
    var totalRefused: [MeshRefusal: Int] { refused.withLock { $0 } }
}
