import ArgumentParser
import Messages

struct RenameDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Call a device something else, whatever it calls itself.")

    @Flag(help: "Print the device as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its name or id.")
    var device: String

    @Argument(help: "The new name, 1 to 200 characters; '' = its own again.")
    var name: String

    func run() async throws {
        let backend = try connection.backend()
        let device = try DeviceChoice.find(device, in: try await backend.devices())
        let renamed = try await backend.update(device: device.id, ["name": name.isEmpty ? .null : .string(name)])
        if json { return try Output.json(renamed) }
        Output.notice("'\(device.name)' is called '\(renamed.name)' now")
    }
}

struct LabelDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Put labels on a device or take them away.")

    @Flag(help: "Print the device as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its name or id.")
    var device: String

    @Argument(help: ArgumentHelp("name=value to set a label, name- to take it away.", valueName: "label"))
    var labels: [String]

    func validate() throws { _ = try Self.patch(labels) }

    func run() async throws {
        let backend = try connection.backend()
        let device = try DeviceChoice.find(device, in: try await backend.devices())
        let labelled = try await backend.update(device: device.id, ["labels": .object(try Self.patch(labels))])
        if json { return try Output.json(labelled) }
        let all = Self.text(labelled.labels ?? [:])
        Output.notice(all.isEmpty ? "'\(device.name)' has no labels" : "'\(device.name)' has the labels \(all)")
    }

    /// What changes, as the API wants it.
    /// - Throws: `ValidationError` for what is neither `name=value` nor `name-`.
    static func patch(_ labels: [String]) throws -> [String: JSONValue] {
        try labels.reduce(into: [:]) { patch, text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2, !parts[0].isEmpty {
                patch[parts[0]] = .string(parts[1])
            } else if parts.count == 1, text.count > 1, text.hasSuffix("-") {
                patch[String(text.dropLast())] = .null
            } else {
                throw ValidationError("'\(text)' is neither name=value nor name-.")
            }
        }
    }

    /// Labels in a line.
    static func text(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { $1.isEmpty ? $0 : "\($0)=\($1)" }.joined(separator: ", ")
    }
}
