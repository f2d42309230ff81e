/// A session's link to its owner's leader, as a value: down, opening, up, or up and being opened again.
///
/// `Leader` is a dispatcher's connection: a dispatcher that was lost and reconnects is another leader.
struct LeaderLink<Leader: Hashable & Sendable>: Sendable {
    private enum Phase: Sendable {
        case down
        case opening(Leader, ticket: UInt64)
        case up(Leader)
        /// Up, and being opened again with a newer generation.
        case reopening(Leader, ticket: UInt64)
    }
    private var phase = Phase.down
    /// The last leader that was asked to open the session. It may have done so although its reply was lost.
    private(set) var lastAsked: Leader?

    /// The leader that the link is with; nil while down.
    var leader: Leader? {
        switch phase {
        case .down: nil
        case .opening(let leader, _), .up(let leader), .reopening(let leader, _): leader
        }
    }

    /// Whether frames may pass.
    var isUp: Bool {
        switch phase {
        case .down, .opening: false
        case .up, .reopening: true
        }
    }

    /// Begins to open the session at a leader; a link that is up stays up meanwhile.
    mutating func open(at leader: Leader, ticket: UInt64) {
        lastAsked = leader
        phase = isUp ? .reopening(leader, ticket: ticket) : .opening(leader, ticket: ticket)
    }

    /// Whether the reply with this ticket is the awaited one.
    func awaits(_ ticket: UInt64) -> Bool {
        switch phase {
        case .down, .up: false
        case .opening(_, let awaited), .reopening(_, let awaited): awaited == ticket
        }
    }

    /// Marks the awaited open as successful.
    mutating func opened() { if let leader { phase = .up(leader) } }

    /// Takes the link down.
    /// - Returns: whether it was up.
    mutating func close() -> Bool {
        defer { phase = .down }
        return isUp
    }
}
