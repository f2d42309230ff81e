import Messages

/// The body of `POST /tokens`.
struct NewToken: Encodable, Sendable {
    var name: String?
    /// 1 to 7.
    var days: Int

    enum CodingKeys: String, CodingKey {
        case name
        case days = "expires_in_days"
    }
}

/// Its answer; the only time that the token itself is told.
struct CreatedToken: Codable, Sendable {
    var id: TokenID
    var name: String?
    var token: String
    var createdAt: Timestamp
    var expiresAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, name, token
        case createdAt = "created_at"
        case expiresAt = "expires_at"
    }
}

/// A token in `GET /tokens`.
struct TokenItem: Codable, Sendable {
    var id: TokenID
    var name: String?
    var createdAt: Timestamp
    var expiresAt: Timestamp
    var lastUsedAt: Timestamp?
    var revokedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, name
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
        case revokedAt = "revoked_at"
    }
}
