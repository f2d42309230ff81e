import Gateway

/// The account that `wegent up` creates, saved in `DATA/first-user.json` (mode 0600).
struct FirstUser: Codable, Equatable, Sendable {
    /// The account's name.
    static let name = "admin"

    var user: String
    /// The generated password; nil when the file was deleted, since the gateway stores only a hash.
    var password: String?

    /// Returns the account. Creates it when it does not exist.
    /// - Throws: ``CommandError`` when the file cannot be read or written; what `accounts` throws.
    static func load(_ accounts: Accounts, path: String) async throws -> FirstUser {
        let exists = try await accounts.users().contains { $0.name == name }
        if exists { return try PrivateFile.read(FirstUser.self, from: path) ?? FirstUser(user: name, password: nil) }
        let first = FirstUser(user: name, password: try await accounts.addUser(name))
        try PrivateFile.write(first, to: path)
        return first
    }
}
