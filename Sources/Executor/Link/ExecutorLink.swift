/// A connection to the gateway that relays for the owner's dispatcher.
///
/// A frame is a message's header and body as in `Header.split`. Frames arrive in the order in which they were sent.
/// When a link has ended, the fate of frames that were not acknowledged by a message is unknown.
protocol ExecutorLink: Sendable {
    /// Sends a frame, in order. Never waits; a link closes itself when its peer no longer reads.
    func send(_ frame: [UInt8])
    /// Whether more events should be sent now; ``LinkEvent/writable`` follows when it becomes true again.
    var isWritable: Bool { get }
    /// When something last came from the peer, a pong included.
    var heard: ContinuousClock.Instant { get }
    /// Sends a ping.
    func ping()
    /// Ends the link; frames that were sent before may still be delivered.
    func close()
    /// Returns what has happened since the last call, in order, as soon as there is something; nil after the link has
    /// ended and everything was returned. One caller at a time.
    func next() async -> [LinkEvent]?
}

/// What happens on a link.
enum LinkEvent: Sendable, Equatable {
    /// A frame arrived.
    case frame([UInt8])
    /// Events may be sent again.
    case writable
    /// The link has ended; the reason, for people. Nothing follows.
    case closed(String)
}

/// Opens links.
protocol Dialer: Sendable {
    /// Opens one connection, with a timeout of its own.
    func dial() async throws(LinkFailure) -> any ExecutorLink
}
