/// An executor's slots and attempts: sent on every change, every 30 s, and first after ``LinkState`` reports a
/// reachable leader. The gateway passes it to the registry and to the owner's leader.
public struct DeviceReport: Message, Equatable {
    public static let type = "device.report"
    /// Slots in use.
    public var used: Int
    /// Slots in all.
    public var total: Int
    /// Whether it accepts no new work.
    public var draining: Bool
    /// Every attempt that holds a slot or has unacknowledged events.
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
