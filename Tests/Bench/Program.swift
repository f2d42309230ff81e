import ArgumentParser

/// `wegent-bench`: figures, in a table; never part of a test.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-bench", abstract: "Measures the parts and the whole.",
        subcommands: [
            AllCommand.self, MeshCommand.self, MeshServerCommand.self, MeshClientCommand.self, TaskCommand.self,
        ],
        defaultSubcommand: AllCommand.self)
}
