import ArgumentParser

/// `wegent devices` and its subcommands.
struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List your devices; star, unstar, rename, label or delete one.",
        discussion: """
            Examples:
              wegent devices
              wegent devices --label env=ci --json
              wegent devices star build-box
              wegent devices rename build-box 'The fast one'
              wegent devices label build-box env=ci gpu-
              wegent devices delete old-laptop

            `wegent devices list --help` shows the options of the list.
            """,
        subcommands: [
            ListDevices.self, StarDevice.self, UnstarDevice.self, RenameDevice.self, LabelDevice.self,
            DeleteDevice.self,
        ],
        defaultSubcommand: ListDevices.self)
}
