import ArgumentParser

/// `wegent-bench`: prints tables of measurements; not part of the tests.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-bench", abstract: "Measures the mesh, the services and the whole system.",
        subcommands: [
            AllCommand.self, MeshCommand.self, MeshServerCommand.self, MeshClientCommand.self, TaskCommand.self,
            StreamCommand.self, TasksCommand.self, CatchupCommand.self, StalledCommand.self, ReconnectCommand.self,
            RecoveryCommand.self, EmitCommand.self,
        ],
        defaultSubcommand: AllCommand.self)
}
