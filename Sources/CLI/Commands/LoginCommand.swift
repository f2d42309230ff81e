import ArgumentParser
import Launch
import Messages

/// `wegent login`: exchanges name and password for a token and saves it.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in to a gateway and save the token for the other commands.",
        discussion: """
            Examples:
              wegent login --url https://wegent.example.com --user ada
              WEGENT_PASSWORD=… wegent login --url https://wegent.example.com --user ada
              pass show wegent | wegent login --user ada

            On a terminal, missing values are asked for. The password is also read from WEGENT_PASSWORD or standard input.
            The token is saved in ~/.config/wegent/config.json, readable only by you. It expires after 7 days.
            """)

    @Option(help: "The gateway's address (or WEGENT_BACKEND_URL). Default: the saved one")
    var url: String?

    @Option(help: "Your user name.")
    var user: String?

    func run() async throws {
        let environment = Setting.process.environment
        let path = Folders(environment: environment).configuration
        // A damaged file is ignored: the login replaces it.
        let saved = try? PrivateFile.read(SavedConnection.self, from: path)
        let connection = try Connection(url: url, token: nil, environment: environment, saved: saved)
        guard let name = try user ?? TerminalInput.ask("User name at \(connection.url): ", hidden: false) else {
            throw CommandError("no user name: give one with --user NAME")
        }
        guard let password = try environment["WEGENT_PASSWORD"].nonEmpty ?? Self.password(of: name) else {
            throw CommandError("no password for \(name): type it, set WEGENT_PASSWORD or pass it on standard input")
        }
        let gateway = GatewayClient(Connection(url: connection.url, token: nil))
        let reply = try await gateway.login(user: name, password: password)
        let made = SavedConnection(url: connection.url, token: reply.token, user: reply.user.name, writtenBy: .login)
        try PrivateFile.write(made, to: path)
        let left = Elapsed.until(reply.expiresAt.seconds(since: .now()))
        Output.notice("logged in to \(connection.url) as \(reply.user.name); the token expires \(left)")
    }

    private static func password(of name: String) throws -> String? {
        try TerminalInput.ask("Password of \(name): ", hidden: true) ?? readLine(strippingNewline: true).nonEmpty
    }
}
