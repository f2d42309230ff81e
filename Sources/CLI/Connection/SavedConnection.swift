/// The gateway address and token that `wegent login` and `wegent up` save in `~/.config/wegent/config.json`.
struct SavedConnection: Codable, Equatable, Sendable {
    /// A command that writes the file.
    enum Command: String, Codable, Sendable {
        case login, up
    }

    /// The gateway's address.
    var url: String
    var token: String
    /// The account's name.
    var user: String
    /// The command that wrote the file. `up` overwrites only a file that `up` wrote.
    var writtenBy: Command

    enum CodingKeys: String, CodingKey {
        case url, token, user
        case writtenBy = "made_by"
    }
}
