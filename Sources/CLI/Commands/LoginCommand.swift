import ArgumentParser
import Launch
import Messages

/// `wegent login`: trades name and password for a token and keeps it.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in to a gateway; the other commands then know it.",
        discussion: """
            Examples:
              wegent login --url https://wegent.example.com --user ada
              WEGENT_PASSWORD=… wegent login --url https://wegent.example.com --user ada
              pass show wegent | wegent login --user ada

            The token is kept in ~/.config/wegent/config.json, readable by you alone, and is good for 7 days.
            """)

    @Option(help: "The gateway's address (or WEGENT_BACKEND_URL, or the one logged in to before).")
    var url: String?

    @Option(help: "Your name there; asked for on a terminal.")
    var user: String?

    func run() async throws {
        let environment = Setting.process.environment
        let path = Folders(environment: environment).configuration
        // A damaged file is what a login repairs.
        let saved = try? PrivateFile.read(SavedConnection.self, from: path)
        let connection = try Connection(url: url, token: nil, environment: environment, saved: saved)
        guard let name = try user ?? Question.ask("User at \(connection.url): ", hidden: false) else {
            throw Failure("no user: say who you are with --user NAME")
        }
        guard let password = try environment["WEGENT_PASSWORD"].nonEmpty ?? Self.password(of: name) else {
            throw Failure("no password: type it, set WEGENT_PASSWORD or pass it on standard input")
        }
        let backend = Backend(Connection(url: connection.url, token: nil))
        let reply = try await backend.login(user: name, password: password)
        let made = SavedConnection(url: connection.url, token: reply.token, user: reply.user.name, madeBy: .login)
        try PrivateFile.write(made, to: path)
        let left = Elapsed.until(reply.expiresAt.seconds(since: .now()))
        Output.notice("logged in to \(connection.url) as \(reply.user.name); the token expires \(left)")
    }

    private static func password(of name: String) throws -> String? {
        try Question.ask("Password of \(name): ", hidden: true) ?? readLine(strippingNewline: true).nonEmpty
    }
}
