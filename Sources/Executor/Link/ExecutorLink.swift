import Messages

/// A connection to whatever speaks for the owner's leader: a gateway's WebSocket, or the mesh itself.
///
/// A frame is a message's header and body as in `Header.split`. Frames arrive in the order they were sent; when a
/// link has ended nothing is known of those that were not yet acknowledged at a higher level.
protocol ExecutorLink: Sendable {
    /// Hands a frame over, in order. Never waits; a link whose peer takes nothing any more closes itself.
    func send(_ frame: [UInt8])
    /// Whether more of the bulk (events) should be handed over now; ``LinkEvent/writable`` tells when it is again.
    var isWritable: Bool { get }
    /// When something last came from the other end, be it only its answer to a ping.
    var heard: ContinuousClock.Instant { get }
    /// Asks the other end for a sign.
    func ping()
    /// Ends the link; what was sent before is still tried to be delivered.
    func close()
    /// What has happened since the last call, in order, as soon as there is something; nil after the link has ended
    /// and everything was handed out. One caller at a time.
    func next() async -> [LinkEvent]?
}

/// What happens on a link.
enum LinkEvent: Sendable, Equatable {
    /// A frame arrived.
    case frame([UInt8])
    /// Bulk may be sent again.
    case writable
    /// The link has ended; why, for people. Nothing follows.
    case closed(String)
}

/// Makes links.
protocol Dialer: Sendable {
    /// Makes one connection, with its own deadline.
    func dial() async throws(LinkFailure) -> any ExecutorLink
}

/// Why there is no link.
enum LinkFailure: Error, Equatable {
    /// The server answered and said no.
    case refused(status: Int, Fault)
    /// There was no such answer; a sentence that names the destination.
    case unreachable(String)

    /// The sentence for people.
    var sentence: String {
        switch self {
        case .refused(_, let fault): fault.description
        case .unreachable(let sentence): sentence
        }
    }
}
