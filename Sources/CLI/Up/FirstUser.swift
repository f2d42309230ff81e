import Gateway

/// The account that `wegent up` makes, as it is kept in `DATA/first-user.json` (mode 0600).
struct FirstUser: Codable, Equatable, Sendable {
    /// The name it gets.
    static let name = "admin"

    var user: String
    /// As it was generated; nil when the file is gone but the account is there, since only its hash is kept.
    var password: String?

    /// The account, made when there is none yet.
    /// - Throws: ``Failure`` when the file cannot be read or written; what `accounts` throws.
    static func load(_ accounts: Accounts, path: String) async throws -> FirstUser {
        let exists = try await accounts.users().contains { $0.name == name }
        if exists { return try PrivateFile.read(FirstUser.self, from: path) ?? FirstUser(user: name, password: nil) }
        let first = FirstUser(user: name, password: try await accounts.addUser(name))
        try PrivateFile.write(first, to: path)
        return first
    }
}
