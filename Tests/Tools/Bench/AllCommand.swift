import ArgumentParser

/// `wegent-bench` without a subcommand: every table with the defaults.
struct AllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all", abstract: "Runs every measurement, one after the other.",
        discussion: """
            Runs each command with its defaults. A command that fails is reported; the others still run.

              wegent-bench all
            """)

    private static let commands: [any AsyncParsableCommand.Type] = [
        MeshCommand.self, TaskCommand.self, StreamCommand.self, TasksCommand.self, CatchupCommand.self,
        StalledCommand.self, ReconnectCommand.self, RecoveryCommand.self,
    ]

    func run() async throws {
        var failed: [String] = []
        for command in Self.commands {
            let name = command.configuration.commandName ?? "\(command)"
            Report.line("== \(name)")
            do {
                try await Self.run(command)
            } catch let error as Interrupted {
                throw error
            } catch {
                failed.append(name)
                Report.line("\(name) could not be measured: \(error)")
            }
            Report.line("")
        }
        guard failed.isEmpty else { throw Unfit("not measured: \(failed.joined(separator: ", "))") }
    }

    private static func run<Command: AsyncParsableCommand>(_ type: Command.Type) async throws {
        var command = try type.parse([])
        try await command.run()
    }
}
