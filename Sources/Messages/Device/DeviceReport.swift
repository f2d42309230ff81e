/// What an executor has in hand: on every change, every 30 s, and first of all after ``LinkState`` says that
/// a leader is reachable. A gateway passes it to the registry and to the owner's leader.
public struct DeviceReport: Message, Equatable {
    public static let type = "device.report"
    /// Slots in use.
    public var used: Int
    /// Slots it has.
    public var total: Int
    /// Whether it takes no new work.
    public var draining: Bool
    /// Every attempt with a slot or with events that are not yet acked.
    public var attempts: [AttemptReport]
    /// The agents, when they have changed since the registration.
    public var agents: [Agent]?

    public init(used: Int, total: Int, draining: Bool, attempts: [AttemptReport] = [], agents: [Agent]? = nil) {
        self.used = used
        self.total = total
        self.draining = draining
        self.attempts = attempts
        self.agents = agents
    }
}
