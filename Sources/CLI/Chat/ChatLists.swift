import Messages

/// What a chat prints for `/device` and `/agent` without a name.
enum ChatLists {
    /// The devices as lines.
    static func devices(_ devices: [DeviceBody]) -> [String] {
        if devices.isEmpty { return ["you have no devices yet"] }
        return devices.map { "\($0.isDefault ? "★" : " ") \(TerminalEscaping.line($0.name)), \($0.statusText)" }
    }

    /// The agents of the device in use as lines.
    static func agents(_ devices: [DeviceBody], at place: TaskPlace) -> [String] {
        let agents = (place.device(among: devices)?.agents ?? []).map { agent in
            let state = agent.ready ? "" : ", \(agent.detail ?? "not ready")"
            return TerminalEscaping.line("\(agent.name)\(agent.version.map { " \($0)" } ?? "")\(state)")
        }
        return agents.isEmpty ? ["no agents are known for this device"] : agents
    }
}
