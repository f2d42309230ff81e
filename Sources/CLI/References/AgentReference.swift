import Messages

/// An agent in a chat: its name, or a part of it that no other agent has.
enum AgentReference {
    struct Found: Sendable, Equatable {
        var name: String
        /// Why it is not ready; nil = it is, or that is unknown.
        var remark: String?
    }

    /// Finds an agent of the device that tasks at `place` run on; of all devices, where that one has not said its agents.
    /// A name that is not known anywhere is taken as it is where no device has said its agents.
    /// - Throws: ``CommandError`` when none or several match, with the names there are.
    static func find(_ text: String, in devices: [DeviceBody], at place: TaskPlace) throws -> Found {
        let device = place.device(among: devices).flatMap { $0.agents.isEmpty ? nil : $0 }
        let agents = device?.agents ?? devices.flatMap(\.agents)
        guard !agents.isEmpty else { return Found(name: text) }
        let agent = try match(text, agents, device)
        let remark = agent.ready || device == nil ? nil : "not ready: \(agent.detail ?? "its device does not say why")"
        return Found(name: agent.name, remark: remark)
    }

    /// Finds an agent by its exact name, else by its name in any letter case, else by a part of it.
    private static func match(_ text: String, _ agents: [Agent], _ device: DeviceBody?) throws -> Agent {
        if let exact = agents.first(where: { $0.name == text }) { return exact }
        let part = text.lowercased()
        if let same = agents.first(where: { $0.name.lowercased() == part }) { return same }
        let matches = agents.filter { $0.name.lowercased().contains(part) }
        if let only = matches.first, Set(matches.map(\.name)).count == 1 { return only }
        let shown = TerminalEscaping.line(text)
        guard matches.isEmpty else {
            throw CommandError("'\(shown)' is a part of several agents' names; type more of one: \(list(matches))")
        }
        let owner = device.map { TerminalEscaping.line($0.name) + " has" } ?? "your devices have"
        throw CommandError("there is no agent '\(shown)'; \(owner) \(list(agents))")
    }

    private static func list(_ agents: [Agent]) -> String {
        Set(agents.map { TerminalEscaping.line($0.name) }).sorted().joined(separator: ", ")
    }
}
