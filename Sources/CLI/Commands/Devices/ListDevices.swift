import ArgumentParser
import Messages

/// `wegent devices list`.
struct ListDevices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List your devices.")

    @Option(help: ArgumentHelp("List only devices with this label.", valueName: "name[=value]"))
    var label: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let devices = try await connection.gateway().devices(label: label)
        if json { return try Output.jsonWithoutNulls(items: devices, total: devices.count) }
        guard !devices.isEmpty else {
            if let label { return Output.notice("no device has the label \(label)") }
            return Output.notice("no devices yet; start one with `wegent-executor --mode local`")
        }
        let terminal = Terminal.current
        Output.write(Self.table(devices, now: .now()).text(width: terminal.width, style: terminal.style))
    }

    /// The table of `devices`. A star marks the default device. The column of labels is left out when there are none.
    static func table(_ devices: [DeviceBody], now: Timestamp) -> Table {
        let labelled = devices.contains { !$0.labels.isEmpty }
        return Table(
            header: ["", "NAME", "STATUS", "SLOTS", "AGENTS", "LAST SEEN"] + (labelled ? ["LABELS"] : []) + ["ID"],
            rows: devices.map { device in
                let seen = device.lastSeenAt.map { Elapsed.ago(now.seconds(since: $0)) } ?? "never"
                let agents = device.agents.filter(\.ready).map(\.name).joined(separator: ", ")
                return [
                    device.isDefault ? "★" : "", TerminalEscaping.line(device.name), device.statusText,
                    "\(device.slots.used)/\(device.slots.total)", agents.isEmpty ? "none" : agents,
                    device.isConnected ? "now" : seen,
                ] + (labelled ? [TextWidth.fit(LabelDevice.text(device.labels), 32)] : []) + [device.id]
            })
    }
}
