import ArgumentParser
import Launch

/// `wegent-gateway`, which runs the gateway, and `wegent-gateway user`, which changes its files.
@main
struct Program {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        // Not a subcommand: the gateway's options of the same names would take its options.
        if arguments.first == "user" {
            await run(UserCommand.self, Array(arguments.dropFirst()))
        } else {
            await run(GatewayCommand.self, Array(arguments))
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
            Launch.fail(error, name: "wegent-gateway")
        }
    }
}
