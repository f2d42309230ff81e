import ArgumentParser

/// `wegent devices delete`.
struct DeleteDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a device from the list until its executor connects again.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: DeviceReference.help)
    var device: DeviceReference

    func run() async throws {
        let gateway = try connection.gateway()
        let device = try await device.find(gateway)
        try await gateway.delete(device: device.id)
        Output.notice(
            device.isConnected
                ? "'\(TerminalEscaping.line(device.name))' is deleted; its executor still runs and will register again"
                : "'\(TerminalEscaping.line(device.name))' is deleted")
    }
}
