/// What `wegent login` and `wegent up` leave for the other commands, in `~/.config/wegent/config.json`.
struct SavedConnection: Codable, Equatable, Sendable {
    /// Which command wrote it: `up` replaces only its own.
    enum Maker: String, Codable, Sendable {
        case login, up
    }

    /// The gateway's.
    var url: String
    var token: String
    /// The account's name.
    var user: String
    var madeBy: Maker

    enum CodingKeys: String, CodingKey {
        case url, token, user
        case madeBy = "made_by"
    }
}
