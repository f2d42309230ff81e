import ArgumentParser

/// `wegent-bench` without a subcommand: every table, with the defaults.
struct AllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all", abstract: "Measures everything, one after the other.")

    func run() async throws {
        let mesh = try MeshCommand.parse([])
        try await mesh.run()
        print("")
        let task = try TaskCommand.parse([])
        try await task.run()
    }
}
