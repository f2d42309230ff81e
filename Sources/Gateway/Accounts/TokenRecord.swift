import Messages

/// The stored part of a token. The JWT itself is not stored.
struct TokenRecord: Sendable, Equatable {
    /// The `jti` claim.
    var id: TokenID
    var owner: UserID
    /// The owner's name for it; `login` for a token of a login.
    var name: String
    var createdAt: Timestamp
    var expiresAt: Timestamp
    /// When it was last accepted; written every 30 s.
    var lastUsedAt: Timestamp?
    var revokedAt: Timestamp?

    /// The token over HTTP.
    var body: TokenBody {
        TokenBody(
            id: id, name: name, createdAt: createdAt, expiresAt: expiresAt, lastUsedAt: lastUsedAt,
            revokedAt: revokedAt)
    }
}

/// A new token, with its JWT: the only time that it is shown.
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
