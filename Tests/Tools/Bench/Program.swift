import ArgumentParser

/// `wegent-bench`: figures, in a table; never part of a test.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-bench", abstract: "Measures the parts and the whole.",
        subcommands: [
            AllCommand.self, MeshCommand.self, MeshServerCommand.self, MeshClientCommand.self, TaskCommand.self,
            StreamCommand.self, TasksCommand.self, CatchupCommand.self, StalledCommand.self, ReconnectCommand.self,
            RecoveryCommand.self, EmitCommand.self,
        ],
        defaultSubcommand: AllCommand.self)
}
