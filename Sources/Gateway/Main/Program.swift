import Launch

/// `wegent-gateway`, which runs the gateway, and `wegent-gateway user`, which changes its files.
@main
struct Program {
    static func main() async {
        let (arguments, name) = (Array(CommandLine.arguments.dropFirst()), "wegent-gateway")
        // Not a subcommand: the gateway's options of the same names would take its options.
        if arguments.first == "user" {
            await Launch.command(UserCommand.self, Array(arguments.dropFirst()), name: name)
        } else {
            await Launch.command(GatewayCommand.self, arguments, name: name)
        }
    }
}
