import Messages

/// The agents of this device: their drivers, their states, and the states that the server has.
struct AgentCatalog: Sendable {
    private let drivers: [any AgentDriver]
    private var known: [Messages.Agent]
    private var announced: [Messages.Agent] = []
    private var probed = ContinuousClock.now

    init(_ drivers: [any AgentDriver]) {
        self.drivers = drivers
        known = drivers.map { Messages.Agent(name: $0.name, version: nil, ready: false, detail: "not checked yet") }
    }

    /// The driver for a task.
    /// - Throws: ``Fault`` with code `agent_unknown` or `permission_mode_not_allowed`.
    func driver(for message: TaskAssign, on device: String) throws -> any AgentDriver {
        guard let driver = drivers.first(where: { $0.name == message.agent }) else {
            let names = drivers.map(\.name).joined(separator: ", ")
            throw Fault(.agentUnknown, "\(device) has no agent '\(message.agent.prefix(100))'; it has \(names)")
        }
        guard let mode = message.permissionMode else { return driver }
        guard PermissionMode.all.contains(mode) else {
            let modes = PermissionMode.all.map(\.rawValue).joined(separator: ", ")
            throw Fault(
                .permissionModeNotAllowed,
                "\(device) knows no permission mode '\(mode.rawValue.prefix(100))'; it knows \(modes)")
        }
        try driver.check(mode, on: device)
        return driver
    }

    /// Asks each driver for its state.
    func describe() async -> [Messages.Agent] {
        var found: [Messages.Agent] = []
        for driver in drivers { found.append(await driver.describe()) }
        return found
    }

    /// Whether the last ``describe()`` is older than `seconds`.
    func isDue(after seconds: Double) -> Bool { (ContinuousClock.now - probed).seconds >= seconds }

    /// A new ``describe()`` begins.
    mutating func probing() { probed = .now }

    /// Takes the drivers' states.
    /// - Returns: whether the server does not know them yet.
    mutating func update(_ found: [Messages.Agent]) -> Bool {
        known = found
        return known != announced
    }

    /// All agents, for a registration.
    mutating func announce() -> [Messages.Agent] {
        announced = known
        return known
    }

    /// All agents when one has changed since the server got them, else nil.
    mutating func announceChanges() -> [Messages.Agent]? { known == announced ? nil : announce() }

    /// Ends what the drivers keep between turns.
    func shutDown() async {
        await withTaskGroup(of: Void.self) { group in
            for driver in drivers { group.addTask { await driver.shutDown() } }
        }
    }
}
