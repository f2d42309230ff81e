import ArgumentParser
import Launch
import Messages

/// `wegent logout`: revokes the saved token and deletes the file.
struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Revoke the saved token and delete it from this machine.",
        discussion: """
            Example:
              wegent logout
            """)

    func run() async throws {
        let path = Folders(environment: Setting.process.environment).configuration
        guard let saved = try PrivateFile.read(SavedConnection.self, from: path) else {
            return Output.notice("not logged in; nothing was changed")
        }
        var revoked = false
        if let id = TokenPayload.id(of: saved.token) {
            let gateway = GatewayClient(Connection(url: try Connection.address(saved.url), token: saved.token))
            revoked = (try? await gateway.revoke(token: id)) != nil
        }
        try PrivateFile.remove(path)
        Output.notice(
            revoked
                ? "logged out of \(saved.url); the token is revoked"
                : "logged out of \(saved.url); the token could not be revoked there and stays valid until it expires, at most 7 days"
        )
    }
}
