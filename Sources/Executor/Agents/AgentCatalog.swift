import Messages

/// The agents of this device: their drivers, their states, and the states that the server has.
struct AgentCatalog: Sendable {
    private let drivers: [any AgentDriver]
    private var known: [Messages.Agent]
    private var announced: [Messages.Agent] = []
    private var probing: AgentProbing

    /// - Parameter interval: seconds between two checks of all agents.
    init(_ drivers: [any AgentDriver], every interval: Double = 600) {
        self.drivers = drivers
        probing = AgentProbing(every: interval)
        known = drivers.map { Messages.Agent(name: $0.name, version: nil, ready: false, detail: "not checked yet") }
    }

    /// The driver for a task.
    /// - Throws: ``Fault`` with code `agent_unknown`, `invalid_request` or `permission_mode_not_allowed`.
    func driver(for message: TaskAssign, on device: String) throws -> any AgentDriver {
        guard let driver = drivers.first(where: { $0.name == message.agent }) else {
            let names = drivers.map(\.name).joined(separator: ", ")
            throw Fault(.agentUnknown, "\(device) has no agent '\(message.agent.prefix(100))'; it has \(names)")
        }
        let state = known.first { $0.name == driver.name }
        if let fault = state?.outputRefusal(
            terminal: message.terminal, splitOutput: message.splitOutput, among: known)
        {
            throw fault
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

    /// Asks drivers for their states.
    /// - Returns: the states of all agents.
    func describe(_ scope: AgentProbing.Scope) async -> [Messages.Agent] {
        var found: [Messages.Agent] = []
        for (driver, state) in zip(drivers, known) {
            found.append(scope == .missing && state.ready ? state : await driver.describe())
        }
        return found
    }

    /// Which agents are due for a check; nil = none.
    var due: AgentProbing.Scope? { probing.due(known) }

    /// A task was started by an agent. Returns whether the list calls that agent not ready.
    func isOutdated(by agent: String) -> Bool { AgentProbing.isOutdated(known, by: agent) }

    /// A ``describe(_:)`` begins.
    mutating func begins(_ scope: AgentProbing.Scope) { probing.begins(scope) }

    /// Takes the drivers' states.
    /// - Returns: a sentence for each change, and whether the server does not know the states yet.
    mutating func update(_ found: [Messages.Agent]) -> (changes: [String], isNews: Bool) {
        let changes = AgentProbing.changes(from: known, to: found)
        known = found
        return (changes, known != announced)
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
