import ArgumentParser

/// `wegent devices star`.
struct StarDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "star", abstract: "Make a device the default for tasks without --device.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: DeviceReference.help)
    var device: DeviceReference

    func run() async throws {
        let gateway = try connection.gateway()
        let device = try await device.find(gateway)
        try await gateway.star(device.id)
        Output.notice("'\(TerminalEscaping.line(device.name))' is now your default device")
    }
}

/// `wegent devices unstar`.
struct UnstarDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unstar", abstract: "Have no default device; tasks then need --device or --cloud.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: DeviceReference.help)
    var device: DeviceReference

    func run() async throws {
        let gateway = try connection.gateway()
        let device = try await device.find(gateway)
        try await gateway.unstar(device.id)
        Output.notice("'\(TerminalEscaping.line(device.name))' is not your default device")
    }
}
