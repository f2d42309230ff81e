import Messages

/// The answer to `POST /auth/login`.
struct LoginReply: Decodable, Sendable {
    struct User: Decodable, Sendable {
        var id: UserID
        var name: String
    }

    var token: String
    var expiresAt: Timestamp
    var user: User

    enum CodingKeys: String, CodingKey {
        case token, user
        case expiresAt = "expires_at"
    }
}
