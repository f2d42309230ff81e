import ArgumentParser
import Launch

/// The options of every command that speaks to a gateway.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The gateway's address (or WEGENT_BACKEND_URL, or what was saved at login).")
    var url: String?

    @Option(help: "An API token (or WEGENT_TOKEN, or what was saved at login).")
    var token: String?

    /// The gateway that the options, the environment or the saved connection name.
    /// - Throws: ``Failure`` when no token is known for it.
    func backend() throws -> Backend {
        let environment = Setting.process.environment
        let path = Folders(environment: environment).configuration
        let saved = try PrivateFile.read(SavedConnection.self, from: path)
        let connection = try Connection(url: url, token: token, environment: environment, saved: saved)
        guard connection.token != nil else {
            throw Failure(
                saved == nil
                    ? "not logged in: start everything on this machine with `wegent up`, or log in to a gateway with "
                        + "`wegent login --url URL`"
                    : "no token for \(connection.url): log in there with `wegent login --url \(connection.url)`")
        }
        return Backend(connection)
    }
}
