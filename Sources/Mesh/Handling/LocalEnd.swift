import Logging
import Messages

/// The end that a peer belongs to: a listener or a link.
protocol PeerOwner: AnyObject {
    /// The peer cannot be reached any more or said goodbye; called from the loop, never from inside a callback.
    func lost(_ peer: Peer, _ reason: String)
    /// The peer wants to be looked at by then.
    func attend(_ peer: Peer, by due: ContinuousClock.Instant)
    /// Libzmq would not take a message: offer it again soon.
    func blocked(_ peer: Peer)
}

/// What all peers of one end have in common.
struct Home: Sendable {
    typealias MetadataValue = Logger.MetadataValue

    let identity: Identity
    let handlers: Handlers
    let reactor: Reactor
    let timing: MeshTiming
    let logger: Logger
}
