import Messages
import Synchronization

/// The connected peers of a listener; usable on any thread.
final class PeerDirectory: Sendable {
    private let peers = Mutex<[Incarnation: Peer]>([:])

    var all: [Peer] { peers.withLock { Array($0.values) } }

    subscript(incarnation: Incarnation) -> Peer? { peers.withLock { $0[incarnation] } }

    func add(_ peer: Peer) { peers.withLock { $0[peer.identity.incarnation] = peer } }

    /// Removes `peer`, unless another connection of the same incarnation has replaced it.
    func remove(_ peer: Peer) {
        peers.withLock { peers in
            if peers[peer.identity.incarnation] === peer { peers[peer.identity.incarnation] = nil }
        }
    }
}
