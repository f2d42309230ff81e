import ArgumentParser
import Launch

/// `wegent-registry`, which runs the registry, and `wegent-registry keygen`, which makes keys.
@main
struct Program {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        // Not a subcommand: the registry's own options would be accepted before it.
        if arguments.first == "keygen" {
            await run(KeygenCommand.self, Array(arguments.dropFirst()))
        } else {
            await run(RegistryCommand.self, Array(arguments))
        }
    }

    private static func run(_ root: any ParsableCommand.Type, _ arguments: [String]) async {
        do {
            var command = try root.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error where root.exitCode(for: error) != .failure {
            // The parser prints help, version and usage errors.
            root.exit(withError: error)
        } catch {
            Launch.fail(error, name: "wegent-registry")
        }
    }
}
