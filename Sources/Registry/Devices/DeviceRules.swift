import Messages

/// The checks of registrations and reports.
enum DeviceRules {
    /// - Throws: ``Fault`` `invalid_request` that names the field.
    static func check(_ register: DeviceRegister) throws {
        let allowed = register.device.utf8.allSatisfy { byte in
            switch UInt8(byte) {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard RegistryLimits.idLength.contains(register.device.utf8.count), allowed else {
            throw invalid("a device id is 1 to 128 of A-Z a-z 0-9 . _ -; set another one with --device-id")
        }
        // As targets of tasks these two have another meaning.
        guard ["cloud", "default"].contains(register.device) == false else {
            throw invalid("'\(register.device)' cannot be a device id; set another one with --device-id")
        }
        if let complaint = DeviceName.complaint(register.name) {
            throw invalid("a device name \(complaint); set another one with --name")
        }
        guard Limits.slots.contains(register.slots) else {
            throw invalid("a device has 1 to 1000 slots, not \(register.slots); set them with --slots")
        }
        guard Limits.generations.contains(register.generation) else {
            throw invalid("a generation is below 2^53, not \(register.generation); the executor's own state is damaged")
        }
        let texts = [register.version, register.platform.os, register.platform.arch, register.platform.hostname]
        guard texts.allSatisfy({ isLine($0, bytes: RegistryLimits.text) }) else {
            throw invalid("version, os, arch and hostname are at most \(RegistryLimits.text) bytes each, in one line")
        }
        try check(register.agents)
    }

    /// - Throws: ``Fault`` `invalid_request`.
    static func check(_ agents: [Agent]) throws {
        guard agents.count <= RegistryLimits.agents else {
            throw invalid("a device names at most \(RegistryLimits.agents) agents, not \(agents.count)")
        }
        for agent in agents {
            guard !agent.name.isEmpty, isLine(agent.name, bytes: RegistryLimits.text),
                isLine(agent.version ?? "", bytes: RegistryLimits.text),
                (agent.detail ?? "").utf8.count <= RegistryLimits.agentDetail,
                (agent.permissionModes ?? []).count <= RegistryLimits.modes,
                (agent.permissionModes ?? []).allSatisfy({ isLine($0.rawValue, bytes: RegistryLimits.text) })
            else {
                throw invalid(
                    "an agent's name and version are at most \(RegistryLimits.text) bytes, its detail at most "
                        + "\(RegistryLimits.agentDetail)")
            }
        }
    }

    /// - Throws: ``Fault`` `invalid_request` when the numbers of a report are out of range.
    static func check(_ report: DeviceReport) throws {
        guard Limits.slots.contains(report.total), (0...Limits.slots.upperBound).contains(report.used) else {
            throw invalid("a report cannot have \(report.used) of \(report.total) slots in use")
        }
        if let agents = report.agents { try check(agents) }
    }

    /// Returns the directories that a device names, as far as they fit a list; nil = unknown, and then no task is refused for
    /// its directory before the device sees it.
    static func listed(_ directories: [String]?) -> [String]? {
        guard let directories, directories.count <= RegistryLimits.directories,
            directories.allSatisfy({
                $0.utf8.count <= RegistryLimits.directory && isLine($0, bytes: RegistryLimits.directory)
            })
        else { return nil }
        return directories
    }

    private static func isLine(_ text: String, bytes: Int) -> Bool {
        DeviceUpdate.isLine(text, bytes: bytes)
    }

    private static func invalid(_ message: String) -> Fault { Fault(.invalidRequest, message) }
}
