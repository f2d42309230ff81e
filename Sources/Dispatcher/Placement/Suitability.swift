import Messages

/// Decides whether a device may run a new task, as far as the device has said what it runs: its executor would refuse the
/// task later, with the same codes.
enum Suitability {
    /// Returns why the device's executor would refuse the task; nil = it would not, or has not said so.
    static func refusal(_ submit: TaskSubmit, mode: PermissionMode?, on device: Device) -> Fault? {
        guard !device.agents.isEmpty else { return nil }
        guard let agent = device.agents.first(where: { $0.name == submit.agent }) else {
            let names = device.agents.map(\.name).joined(separator: ", ")
            return Fault(
                .agentUnknown, "device \(device.name) has no agent '\(submit.agent)'; it has \(names)")
        }
        if let mode, let allowed = agent.permissionModes, !allowed.contains(mode) {
            return refusal(of: mode, agent, allowed, on: device)
        }
        if let fault = agent.outputRefusal(
            terminal: submit.terminal, splitOutput: submit.splitOutput, among: device.agents)
        {
            return fault
        }
        if let cwd = submit.cwd, let allowed = device.allowedDirs, !isAllowed(cwd, in: allowed) {
            return refusal(of: cwd, allowed, on: device)
        }
        return nil
    }

    private static func refusal(
        of mode: PermissionMode, _ agent: Agent, _ allowed: [PermissionMode], on device: Device
    ) -> Fault {
        let modes = allowed.isEmpty ? "none" : allowed.map(\.rawValue).joined(separator: ", ")
        let way = mode == .bypass ? ", or start its executor with --allow-bypass" : ""
        return Fault(
            .permissionModeNotAllowed,
            "device \(device.name) does not allow the permission mode \(mode) for \(agent.name): choose one of those that "
                + "it allows (\(modes))\(way)")
    }

    private static func refusal(of cwd: String, _ allowed: [String], on device: Device) -> Fault {
        let places =
            allowed.isEmpty ? "it allows none" : "it allows \(allowed.joined(separator: ", ")) and what is below"
        return Fault(
            .cwdNotAllowed,
            "device \(device.name) does not allow the directory \(cwd.prefix(500)): \(places); choose another one, or start "
                + "its executor with --allow-dir for it")
    }

    /// Whether a path is one of `allowed` or below it, by whole components and as written: only the device knows its links.
    static func isAllowed(_ path: String, in allowed: [String]) -> Bool {
        let path = components(path)
        return allowed.contains { path.starts(with: components($0)) }
    }

    /// Returns the parts of an absolute path without `.`, `..` and empty ones.
    private static func components(_ path: String) -> [Substring] {
        path.split(separator: "/").reduce(into: []) { parts, part in
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
    }
}
