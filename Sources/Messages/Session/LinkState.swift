/// Reports to an executor whether its owner's leader is reachable. On `up` the executor sends a ``DeviceReport`` and
/// then every unacknowledged event; while the link is down it stores them.
public struct LinkState: Message, Equatable {
    public static let type = "link.state"
    /// Whether the leader can be reached.
    public var up: Bool
    /// The leader's incarnation, when up.
    public var leader: Incarnation?
    /// The leader's epoch, when up. The executor refuses messages of a stale epoch.
    public var epoch: UInt64?

    public init(up: Bool, leader: Incarnation? = nil, epoch: UInt64? = nil) {
        self.up = up
        self.leader = leader
        self.epoch = epoch
    }
}
