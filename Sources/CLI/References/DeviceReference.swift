import ArgumentParser
import Messages

/// A device on the command line: its name, a part of the name that no other device has, or its id.
struct DeviceReference: ExpressibleByArgument, Sendable {
    static let help: ArgumentHelp = "The device's name, a part of it that no other device has, or its id."
    static let defaultCompletionKind = Completions.devices

    let text: String

    init(argument: String) { text = argument }

    /// Finds the device in the user's list.
    /// - Throws: As ``find(_:in:)``, and what the request throws.
    func find(_ gateway: GatewayClient) async throws -> DeviceBody {
        try Self.find(text, in: try await gateway.devices())
    }

    /// Finds a device by the rule of ``DeviceMatch``: its id, else its exact name, else its name in any letter case; else
    /// by a part of its name in any letter case, or the beginning of its id.
    /// - Throws: ``CommandError`` when none matches, with the names there are, or several, with their names and ids.
    static func find(_ text: String, in devices: [DeviceBody]) throws -> DeviceBody {
        let shown = TerminalEscaping.line(text)
        let named = DeviceMatch.find(text, in: devices, id: \.id, name: \.name)
        if let only = named.first, named.count == 1 { return only }
        guard named.isEmpty else {
            let ids = named.map(\.id).joined(separator: ", ")
            throw CommandError("\(named.count) devices are named '\(shown)'; use an id instead: \(ids)")
        }
        let parts = part(text, in: devices)
        if let only = parts.first, parts.count == 1 { return only }
        guard parts.isEmpty else {
            let list = parts.map { "'\(TerminalEscaping.line($0.name))' (\($0.id))" }.joined(separator: ", ")
            throw CommandError("'\(shown)' is a part of \(parts.count) devices' names; type more of one: \(list)")
        }
        let names = devices.map { "'\(TerminalEscaping.line($0.name))'" }.joined(separator: ", ")
        throw CommandError(
            devices.isEmpty
                ? "there is no device '\(shown)': you have no devices yet; start one with `wegent-executor --mode local`"
                : "there is no device '\(shown)'; you have \(names)")
    }

    /// The devices with this part in their names, or with ids that begin with it.
    private static func part(_ text: String, in devices: [DeviceBody]) -> [DeviceBody] {
        let part = text.lowercased()
        guard part.contains(where: { !$0.isWhitespace }) else { return [] }
        return devices.filter {
            $0.name.lowercased().contains(part)
                || part.count >= IDPrefix.shortest && $0.id.lowercased().hasPrefix(part)
        }
    }
}
