import Launch

/// `wegent-registry`, which runs the registry, and `wegent-registry keygen`, which makes keys.
@main
enum Program {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        // Not a subcommand: the registry's own options would be accepted before it.
        if arguments.first == "keygen" {
            await Launch.command(KeygenCommand.self, Array(arguments.dropFirst()), name: "wegent-registry")
        } else {
            await Launch.command(RegistryCommand.self, name: "wegent-registry")
        }
    }
}
