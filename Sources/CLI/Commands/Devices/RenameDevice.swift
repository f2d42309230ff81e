import ArgumentParser
import Messages

/// `wegent devices rename`.
struct RenameDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a device a name of your own.")

    @Flag(help: "Print the device as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: DeviceReference.help)
    var device: DeviceReference

    @Argument(help: "The new name, 1 to 200 characters; '' restores the name that the device registers with.")
    var name: String

    func validate() throws { try NameText.check(name, of: "a device") }

    func run() async throws {
        let gateway = try connection.gateway()
        let device = try await device.find(gateway)
        let renamed = try await gateway.update(
            device: device.id, DevicePatchBody(name: name.isEmpty ? .clear : .set(name)))
        if json { return try Output.jsonWithoutNulls(renamed) }
        Output.notice("'\(TerminalEscaping.line(device.name))' is now named '\(TerminalEscaping.line(renamed.name))'")
    }
}
