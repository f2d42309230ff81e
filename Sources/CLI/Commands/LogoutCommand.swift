import ArgumentParser
import Launch
import Messages

/// `wegent logout`: ends the saved token and forgets it.
struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Revoke the saved token and forget it.",
        discussion: """
            Example:
              wegent logout
            """)

    func run() async throws {
        let path = Folders(environment: Setting.process.environment).configuration
        guard let saved = try PrivateFile.read(SavedConnection.self, from: path) else {
            return Output.notice("not logged in")
        }
        var revoked = false
        if let id = TokenClaim.id(of: saved.token) {
            let backend = Backend(Connection(url: try Connection.address(saved.url), token: saved.token))
            revoked = (try? await backend.revoke(token: id)) != nil
        }
        try PrivateFile.remove(path)
        Output.notice(
            revoked
                ? "logged out of \(saved.url); the token is revoked"
                : "logged out of \(saved.url); the token could not be revoked there and ends by itself within 7 days")
    }
}
