import ArgumentParser
import Messages

/// A device on the command line: its name or its id.
struct DeviceReference: ExpressibleByArgument, Sendable {
    static let help: ArgumentHelp = "The device's name or id."

    let text: String

    init(argument: String) { text = argument }

    /// Finds the device in the user's list.
    /// - Throws: As ``find(_:in:)``, and what the request throws.
    func find(_ gateway: GatewayClient) async throws -> DeviceBody {
        try Self.find(text, in: try await gateway.devices())
    }

    /// Finds a device by the rule of ``DeviceMatch``: its id, else its exact name, else its name in any letter case.
    /// - Throws: ``CommandError`` when none matches, with the names there are, or several, with their ids.
    static func find(_ text: String, in devices: [DeviceBody]) throws -> DeviceBody {
        let matches = DeviceMatch.find(text, in: devices, id: \.id, name: \.name)
        if let only = matches.first, matches.count == 1 { return only }
        if matches.isEmpty {
            let names = devices.map { "'\(TerminalEscaping.line($0.name))'" }.joined(separator: ", ")
            throw CommandError(
                devices.isEmpty
                    ? "there is no device '\(text)': you have no devices yet; start one with "
                        + "`wegent-executor --mode local`"
                    : "there is no device '\(text)'; you have \(names)")
        }
        let ids = matches.map(\.id).joined(separator: ", ")
        throw CommandError("\(matches.count) devices are named '\(text)'; use an id instead: \(ids)")
    }
}
