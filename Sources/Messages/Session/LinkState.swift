/// A gateway tells an executor whether its owner's leader can be reached. On `up` the executor sends a
/// ``DeviceReport`` and then every event that is not acked; while it is down it keeps them.
public struct LinkState: Message, Equatable {
    public static let type = "link.state"
    /// Whether the leader can be reached.
    public var up: Bool
    /// The leader's life, when up.
    public var leader: Incarnation?
    /// The leader's epoch, when up. The executor refuses anything of a lower one than it has seen.
    public var epoch: UInt64?

    public init(up: Bool, leader: Incarnation? = nil, epoch: UInt64? = nil) {
        self.up = up
        self.leader = leader
        self.epoch = epoch
    }
}
