import Messages

/// What is kept of a token: everything but the token itself, which nobody can get a second time.
struct TokenRecord: Sendable, Equatable {
    /// The `jti` claim.
    var id: TokenID
    var owner: UserID
    /// For people: what it is for; `login` for those of a login.
    var name: String
    var createdAt: Timestamp
    var expiresAt: Timestamp
    /// When it was last accepted; kept to the half minute.
    var lastUsedAt: Timestamp?
    var revokedAt: Timestamp?

    /// The token over HTTP.
    var body: TokenBody {
        TokenBody(
            id: id, name: name, createdAt: createdAt, expiresAt: expiresAt, lastUsedAt: lastUsedAt,
            revokedAt: revokedAt)
    }
}

/// A token just made, the only time it can be read.
struct IssuedToken: Sendable {
    var record: TokenRecord
    /// The JWT.
    var token: String

    /// The token over HTTP.
    var body: IssuedTokenBody {
        IssuedTokenBody(
            id: record.id, name: record.name, token: token, createdAt: record.createdAt, expiresAt: record.expiresAt)
    }
}
