import ArgumentParser
import Messages

/// `wegent devices` and what can be done with one.
struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List your devices; star, unstar, rename, label or delete one.",
        discussion: """
            Examples:
              wegent devices
              wegent devices --json
              wegent devices star build-box       the default for tasks without --device
              wegent devices rename build-box 'The fast one'
              wegent devices label build-box env=ci gpu-    sets env, takes gpu away
              wegent devices --label env=ci
              wegent devices delete old-laptop    until it connects again
            """,
        subcommands: [
            ListDevices.self, StarDevice.self, UnstarDevice.self, RenameDevice.self, LabelDevice.self,
            DeleteDevice.self,
        ],
        defaultSubcommand: ListDevices.self)
}

struct ListDevices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List your devices (the default).")

    @Option(help: ArgumentHelp("Only those with this label.", valueName: "name[=value]"))
    var label: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let devices = try await connection.backend().devices(label: label)
        if json { return try Output.json(items: devices) }
        guard !devices.isEmpty else {
            if let label { return Output.notice("no device has the label \(label)") }
            return Output.notice("no devices yet; start one with `wegent-executor --mode local`")
        }
        let terminal = Terminal.current
        Output.write(Self.table(devices, now: .now()).text(width: terminal.width, paint: terminal.paint))
    }

    /// The table of `devices`; the star marks the default. Labels have a column when there are any.
    static func table(_ devices: [DeviceItem], now: Timestamp) -> Table {
        let labelled = devices.contains { !($0.labels ?? [:]).isEmpty }
        return Table(
            header: ["", "NAME", "STATUS", "SLOTS", "AGENTS", "LAST SEEN"] + (labelled ? ["LABELS"] : []) + ["ID"],
            rows: devices.map { device in
                let seen = device.lastSeenAt.map { Elapsed.ago(now.seconds(since: $0)) } ?? "never"
                let agents = device.agents.filter(\.ready).map(\.name).joined(separator: ", ")
                return [
                    device.isDefault ? "★" : "", device.name, device.condition,
                    "\(device.slots.used)/\(device.slots.total)", agents.isEmpty ? "none" : agents,
                    device.isConnected ? "now" : seen,
                ] + (labelled ? [TextWidth.fit(LabelDevice.text(device.labels ?? [:]), 32)] : []) + [device.id]
            })
    }
}

struct StarDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "star", abstract: "Make a device the default for tasks without --device.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its name or id.")
    var device: String

    func run() async throws {
        let backend = try connection.backend()
        let device = try DeviceChoice.find(device, in: try await backend.devices())
        try await backend.star(device.id)
        Output.notice("'\(device.name)' is your default device now")
    }
}

struct UnstarDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unstar", abstract: "Take the star away: tasks then must name a device.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its name or id.")
    var device: String

    func run() async throws {
        let backend = try connection.backend()
        let device = try DeviceChoice.find(device, in: try await backend.devices())
        try await backend.unstar(device.id)
        Output.notice("'\(device.name)' is not your default device")
    }
}

struct DeleteDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a device from the list; it comes back when it connects again.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its name or id.")
    var device: String

    func run() async throws {
        let backend = try connection.backend()
        let device = try DeviceChoice.find(device, in: try await backend.devices())
        try await backend.delete(device: device.id)
        Output.notice(
            device.isConnected
                ? "'\(device.name)' is deleted; its executor still runs and will register itself again"
                : "'\(device.name)' is deleted")
    }
}
