import ArgumentParser
import Launch

/// The options of every command that uses a gateway.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The gateway's address (or WEGENT_BACKEND_URL). Default: the saved one")
    var url: String?

    @Option(help: "An API token (or WEGENT_TOKEN). Default: the saved one")
    var token: String?

    /// Returns a client of the gateway that the options, the environment or the saved file name.
    /// - Throws: ``CommandError`` when no token is known for it.
    func gateway() throws -> GatewayClient {
        let environment = Setting.process.environment
        let path = Folders(environment: environment).configuration
        let saved = try PrivateFile.read(SavedConnection.self, from: path)
        let connection = try Connection(url: url, token: token, environment: environment, saved: saved)
        guard connection.token != nil else {
            throw CommandError(
                saved == nil
                    ? "not logged in: start everything on this machine with `wegent up`, or log in to a gateway with "
                        + "`wegent login --url URL`"
                    : "no token is saved for \(connection.url): log in with `wegent login --url \(connection.url)`")
        }
        return GatewayClient(connection)
    }
}
